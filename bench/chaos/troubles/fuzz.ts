/** Requests of any kind, made from /openapi.json: each is answered, soon, and never with an error of the service. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Run } from '../../../src/vocabulary/index.ts';
import { Api } from '../fuzz/document.ts';
import { Draw } from '../fuzz/draw.ts';
import { BODIES } from '../fuzz/known-good.ts';
import { Things } from '../fuzz/things.ts';
import { wildRequest } from '../fuzz/wild-request.ts';
import { Client } from '../harness/client.ts';
import { send, type Sent } from '../harness/requests.ts';
import { World } from '../harness/world.ts';
import { rounds, type TroubleOptions } from './trouble.ts';

const LONG_REQUESTS = 100_000;
const AT_ONCE = 16;
/** A job with a million epochs is valid, and would train for a day. */
const CLEAN_EVERY = 1000;
const PASSWORD = 'correct horse battery staple';

export async function fuzz(options: TroubleOptions): Promise<void> {
  const { database, createDatabase, tally, seed } = options;
  const world = await World.open({ database, databaseUrl: await createDatabase(), tally });
  try {
    const cli = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));
    const created = promisify(execFile)(process.execPath, [cli, 'admin', 'create', '--name', 'Olga'], {
      env: { PATH: process.env['PATH'], ...world.env },
    });
    created.child.stdin?.end(PASSWORD);
    await created;
    const service = await world.serve();
    const { headers, kept } = await getIn(world);
    const client = new Client(world, headers);
    const document = await client.insist({ method: 'GET', path: '/openapi.json' });
    const api = new Api(document?.body.toString() ?? '');
    const things = new Things(kept);
    await furnish(client, things, new Draw(seed, 0));
    await service.loopDelay(); // Its start does not count.

    const statuses = new Map<number, number>();
    const indices = rounds(options, LONG_REQUESTS);
    const askOn = async (): Promise<void> => {
      // They take turns: each has its own indices.
      for (const index of indices) {
        const sent = wildRequest(api, new Draw(seed, index), things, headers);
        const outcome = await send(world.port, sent);
        if (service.hasExited) return;
        const answer = client.judge(outcome, `request ${index}: ${describe(sent)}`);
        if (typeof outcome === 'object') statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1);
        if (answer?.headers['content-type']?.includes('json')) things.learn(answer.body.toString().slice(0, 50_000));
        if (answer?.status === 204) for (const part of sent.path.split(/[/?]/)) things.forget(part);
        if (index % CLEAN_EVERY === CLEAN_EVERY - 1) await endRuns(client);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askOn));

    tally.noteLoop(await service.loopDelay());
    const isThere = !service.hasExited && (await world.ready(service, 30_000));
    tally.recovered(isThere, isThere ? '' : service.ending);
    const refusals = [400, 401, 403, 405, 411, 413, 414, 415, 417, 422, 431];
    const total = [...statuses.values()].reduce((sum, each) => sum + each, 0);
    const refused = refusals.reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0);
    const share = (100 * (total - refused)) / Math.max(1, total);
    if ((statuses.get(401) ?? 0) > total / 20)
      tally.problems.push(`${statuses.get(401)} of ${total} requests were refused with 401: the key was lost`);
    tally.tried = `${total} requests, ${share.toFixed(0)} % valid`;
    tally.problems.push(
      `answers: ${[...statuses]
        .toSorted(([a], [b]) => a - b)
        .map(([status, times]) => `${status} ${times}`)
        .join(', ')}`,
    );
  } finally {
    await world.close();
  }
}

/** One of everything, so that addresses lead somewhere. */
async function furnish(client: Client, things: Things, draw: Draw): Promise<void> {
  for (const [action, make] of Object.entries(BODIES)) {
    const [method = '', path = ''] = action.split(' ');
    if (method !== 'POST') continue;
    const filled = path.replace(/\{(\w+)\}/g, (_, parameter: string) => things.forParameter(draw, path, parameter));
    const answer = await client.ask({ method, path: filled, json: make(draw, things) });
    if (answer) things.learn(answer.body.toString());
  }
}

/** The owner's key, which requests are made with, and the ids that they leave alone. */
async function getIn(world: World): Promise<{ headers: Record<string, string>; kept: string[] }> {
  const client = new Client(world, { origin: `http://127.0.0.1:${world.port}` });
  const session = await client.insist({
    method: 'POST',
    path: '/v1/session',
    json: { name: 'Olga', password: PASSWORD },
  });
  const cookie = String(session?.headers['set-cookie']).split(';')[0] ?? '';
  const signedIn = new Client(world, { origin: `http://127.0.0.1:${world.port}`, cookie });
  const answer = await signedIn.insist({
    method: 'POST',
    path: '/v1/keys',
    json: { name: 'chaos', scopes: ['admin'] },
  });
  const text = answer?.body.toString() ?? '';
  const { key } = JSON.parse(text) as { key: string };
  const kept = `${text}${session?.body.toString()}`.match(/\b(?:key|person|session)_[0-9a-z]{26}\b/g) ?? [];
  return { headers: { authorization: `Bearer ${key}` }, kept };
}

async function endRuns(client: Client): Promise<void> {
  const runs = await client.list<Run>('/v1/runs?status=queued,running,paused&trials=include');
  for (const { id } of runs) await client.ask({ method: 'POST', path: `/v1/runs/${id}/cancel` });
}

/** Enough to send it again. */
const describe = ({ method, path, headers, body }: Sent): string =>
  `${method} ${path.slice(0, 300)} ${JSON.stringify({ ...headers, authorization: undefined }).slice(0, 300)} ${String(body ?? '').slice(0, 300)}`;
