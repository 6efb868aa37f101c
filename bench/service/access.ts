/** Measures what it costs to know who asks: a request with a key, beside the same one of a service that is open. */
import { join } from 'node:path';
import { RelumineClient } from '../../src/client/index.ts';
import type { CreatedKey } from '../../src/vocabulary/index.ts';
import { smallJob } from './jobs.ts';
import { ServiceProcess } from './service-process.ts';
import { median } from './statistics.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

const PASSWORD = 'a password for the measurement';
const WARM_UP = 300;

export async function measureAccess(requests: number): Promise<Row[]> {
  return withFolder(async (folder) => {
    const open = await ServiceProcess.start({ dataDir: join(folder, 'open') });
    const closed = await ServiceProcess.start({ dataDir: join(folder, 'closed') });
    try {
      const withKey = new RelumineClient(closed.url, { apiKey: await registerOwner(closed) });
      const readers = [await readerOf(open.client), await readerOf(withKey)];
      const taken: number[][] = readers.map(() => []);
      // In turns, so that both meet the same noise.
      for (let round = 0; round < WARM_UP + requests; round++) {
        for (const [index, read] of readers.entries()) {
          const startedAt = performance.now();
          await read();
          if (round >= WARM_UP) taken[index]?.push(performance.now() - startedAt);
        }
      }
      const [plain = NaN, known = NaN] = taken.map(median);
      return [
        { what: `GET /v1/runs/{id} of an open service, p50 of ${requests}`, values: [plain], unit: 'ms' },
        { what: `GET /v1/runs/{id} with a key, p50 of ${requests}`, values: [known], unit: 'ms' },
        { what: 'with a key over without', values: [known / plain], unit: 'x', limit: 1.15 },
      ];
    } finally {
      await open.stop();
      await closed.stop();
    }
  });
}

async function readerOf(client: RelumineClient): Promise<() => Promise<unknown>> {
  const { id } = await client.submit(smallJob);
  for await (const _ of client.watch(id, { snapshots: false }));
  return () => client.get(id);
}

async function registerOwner({ client, url }: ServiceProcess): Promise<string> {
  const invitation = await client.invitations.create({ asOwner: true });
  await client.invitations.accept(invitation.url.slice(invitation.url.indexOf('#') + 1), 'Ada', PASSWORD);
  const post = (path: string, body: object, cookie = '') =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    });
  const session = await post('/v1/session', { name: 'Ada', password: PASSWORD });
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
  return ((await (await post('/v1/keys', { name: 'measurement', scopes: ['admin'] }, cookie)).json()) as CreatedKey)
    .key;
}
