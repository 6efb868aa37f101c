/** The API while a Postgres server is stopped or frozen, and after it is back, without a restart of the service. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { canFreeze, freeze, thaw } from '../support/freeze.ts';
import { startServer, type TestServer } from '../support/postgres-server.ts';
import { ask, codeOf, ended, rehearsed, startService, type TestService } from '../support/service.ts';

/** How long a client waits at most, on a machine that does other things too. */
const AT_MOST_MS = 20_000;

const outages = {
  stopped: { begin: (server: TestServer) => server.kill(), end: (server: TestServer) => server.start() },
  frozen: { begin: ({ pid }: TestServer) => freeze(pid ?? 0), end: ({ pid }: TestServer) => thaw(pid ?? 0) },
};

for (const [name, { begin, end }] of Object.entries(outages))
  test(
    `a database that is ${name} is a 503 soon, sockets hear of it, and all goes on by itself`,
    { timeout: 120_000, skip: !canFreeze && name === 'frozen' && 'processes are found in /proc' },
    async () => {
      const server = await startServer();
      const database = { databaseUrl: await server.createDatabase(), dataDir: '', remove: async () => undefined };
      const service = await startService({
        kind: 'server',
        database,
        config: { metricsToken: 'token' },
        queue: { heartbeatMs: 200 },
      });
      try {
        const { id: runId } = await service.client.submit(
          rehearsed({ chunks: 1500, chunkMs: 5, checkpointChunks: 500 }),
        );
        const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/runs/${runId}/stream`);
        const heard: { type: string; seq?: number; steps?: number[] }[] = [];
        const hears = (type: string): Promise<void> =>
          new Promise((resolve) => {
            socket.on('message', (data: Buffer, isBinary: boolean) => {
              if (!isBinary && (JSON.parse(data.toString()) as { type: string }).type === type) resolve();
            });
          });
        socket.on('message', (data: Buffer, isBinary: boolean) => {
          if (!isBinary) heard.push(JSON.parse(data.toString()) as (typeof heard)[number]);
        });
        const [unavailable, available] = [hears('unavailable'), hears('available')];
        await hears('metrics');
        await begin(server);

        await askDuringOutage(service, runId);
        await unavailable;
        const ready = await ask(`${service.url}/health/ready`);
        assert.deepEqual(
          [ready.status, ready.body],
          [503, { status: 'unavailable', checks: { database: 'unreachable' } }],
        );
        assert.equal((await ask(`${service.url}/health/live`)).status, 200);
        assert.match(
          await (await fetch(`${service.url}/metrics`, { headers: { authorization: 'Bearer token' } })).text(),
          /relumine_database_available 0/,
        );

        const closed = once(socket, 'close');
        await end(server);
        await available;
        await ended(service, runId);
        assert.equal(((await closed) as [number])[0], 1000);
        const run = await service.client.get(runId);
        assert.deepEqual([run.status, run.attempt], ['succeeded', 1], 'it kept its lease');
        const steps = heard.flatMap((message) => (message.type === 'metrics' ? (message.steps ?? []) : []));
        assert.deepEqual(
          steps,
          Array.from({ length: 15_000 }, (_, step) => step),
          'each step once, and in order',
        );
        assert.equal((await ask(`${service.url}/health/ready`)).status, 200);
      } finally {
        // Where an assertion failed, it still is.
        if (server.pid !== null && canFreeze) await thaw(server.pid);
        await service.remove();
        await server.stop();
      }
    },
  );

/** Every kind of request, among them those that were on their way when it began. */
async function askDuringOutage({ url }: TestService, runId: string): Promise<void> {
  const requests = [
    ask(`${url}/v1/runs/${runId}`),
    ask(`${url}/v1/runs`),
    ask(`${url}/v1/runs/${runId}/metrics`),
    ask(`${url}/v1/runs/${runId}/checkpoints`),
    ask(`${url}/v1/datasets`),
    ask(`${url}/v1/views`),
    ask(`${url}/v1/runs`, { json: rehearsed() }),
    ask(`${url}/v1/runs/${runId}/cancel`, { method: 'POST' }),
  ];
  const startedAt = performance.now();
  for (const answer of await Promise.all(requests)) {
    assert.equal(answer.status, 503, JSON.stringify(answer.body));
    assert.equal(codeOf(answer), 'DATABASE_UNAVAILABLE');
    assert.match(String(answer.headers.get('retry-after')), /^\d+$/);
    assert.doesNotMatch(JSON.stringify(answer.body), /127\.0\.0\.1|ECONN/);
  }
  assert.ok(performance.now() - startedAt < AT_MOST_MS, 'nothing waits for the database without end');
}
