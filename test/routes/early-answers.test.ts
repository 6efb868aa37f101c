/**
 * Responses that are ready before their request was read. The service runs in a separate process, because only then can
 * it close a connection while the client is writing.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RelumineClient } from '../../src/client/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

const MIB = 1024 * 1024;
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

describe('a body that is too large', () => {
  let database: TestDatabase;
  let service: ChildProcess;
  let url: string;
  before(async () => {
    database = await createDatabase('embedded');
    service = spawn(process.execPath, [fileURLToPath(new URL('../support/service-process.js', import.meta.url))], {
      env: { PATH: process.env['PATH'], DATA_DIR: database.dataDir, WORKERS: '0', LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(service.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    url = `http://127.0.0.1:${(JSON.parse(line.toString()) as { port: number }).port}`;
  });
  after(async () => {
    service.kill('SIGTERM');
    await once(service, 'exit');
    await database.remove();
  });

  const post = (path: string, body: string, type = 'application/json') =>
    fetch(url + path, { method: 'POST', body, headers: { 'content-type': type } });

  it('is refused with a response that every client can read, 20 times out of 20', async () => {
    const body = JSON.stringify({ notes: 'x'.repeat(80 * MIB) });
    for (let round = 0; round < 20; round++) {
      const response = await post('/v1/runs', body);
      assert.deepEqual([response.status, await codeOf(response)], [413, 'BODY_TOO_LARGE'], `round ${round}`);
    }
  });

  it('is refused in the same way without a content length, or for another reason', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(MIB));
    for (let round = 0; round < 5; round++) {
      let left = 80;
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
      });
      const init = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'application/json' } };
      const response = await fetch(`${url}/v1/runs`, init as RequestInit);
      assert.deepEqual([response.status, await codeOf(response)], [413, 'BODY_TOO_LARGE'], `round ${round}`);
    }
    assert.equal((await post('/v1/runs', 'x'.repeat(80 * MIB), 'application/xml')).status, 415);
  });

  it('is explained by the client: 8000 rows of 1000 values', async () => {
    const row = Array.from({ length: 1000 }, (_, index) => index / 7919);
    const upload = { inputs: Array.from({ length: 8000 }, () => row), targets: row, task: 'regression' as const };
    await assert.rejects(new RelumineClient(url).uploadDataset(upload), {
      code: 'BODY_TOO_LARGE',
      status: 413,
      message: /64 MiB/,
    });
  });
});
