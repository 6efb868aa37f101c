/** Requests with an Idempotency-Key whose process died, in every window between the key and the answer. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Run } from '../../src/vocabulary/index.ts';
import { STORE_KINDS, createDatabase } from '../support/database.ts';
import { ask, codeOf, rehearsed, startService, type Answer, type TestService } from '../support/service.ts';

const post = (service: TestService, key: string, path: string, json: object): Promise<Answer> =>
  ask(service.url + path, { json, headers: { 'idempotency-key': key } });

/** What a process does not come to that dies then. The request that waits for it is never answered. */
type Window = 'before it is created' | 'before its answer is kept';
const never = (): Promise<never> => new Promise(() => undefined);

/** Resolves when the request has got that far. */
function die(t: TestContext, { stations }: TestService, window: Window): Promise<void> {
  const { runs, answers, views } = stations.store;
  return new Promise((resolve) => {
    const stop = (): Promise<never> => {
      resolve();
      return never();
    };
    if (window === 'before its answer is kept') t.mock.method(answers, 'keep', stop);
    else {
      t.mock.method(runs, 'create', stop);
      t.mock.method(views, 'create', stop);
    }
  });
}

const view = { name: 'mine', page: 'runs', state: 'status=failed' };
const REQUESTS = [
  ['/v1/runs', rehearsed()],
  ['/v1/views', view],
] as const;

for (const kind of STORE_KINDS)
  for (const window of ['before it is created', 'before its answer is kept'] as const)
    test(`a request whose process died ${window} is made once, and answered at once (${kind})`, async (t) => {
      const database = await createDatabase(kind);
      const first = await startService({ database, workers: 0 });
      let next: TestService | null = null;
      try {
        for (const [path, json] of REQUESTS) {
          const reached = die(t, first, window);
          void post(first, 'once', path, json).catch(() => undefined);
          await reached;
          t.mock.restoreAll();
        }
        // As at a kill, nothing that is in progress comes to its end; what it would write is refused by the owner.
        if (kind === 'server') {
          const other = await startService({ database, workers: 0 });
          next = other;
          assert.equal(codeOf(await quickly(other)), 'IDEMPOTENCY_PENDING', 'the first process is still there');
        }
        first.app.server.close();
        first.app.server.closeAllConnections();
        await first.stations.stopWork();
        await first.stations.close();
        next ??= await startService({ database, workers: 0 });
        for (const [path, json] of REQUESTS) {
          const from = performance.now();
          const answers: Answer[] = [await post(next, 'once', path, json), await post(next, 'once', path, json)];
          assert.ok(performance.now() - from < 9000, 'nobody waits for a process that is gone');
          assert.deepEqual(
            answers.map(({ status }) => status),
            [201, 201],
          );
          const [made, again] = answers.map(({ body }) => (body as Run).id);
          assert.equal(made, again);
          assert.equal(answers[0]!.headers.get('location'), `${path}/${made}`);
          assert.equal(codeOf(await post(next, 'once', path, { ...json, name: 'other' })), 'IDEMPOTENCY_CONFLICT');
        }
        const { store } = next.stations;
        assert.equal((await store.runs.list({ limit: 10 })).data.length, 1);
        assert.equal((await store.views.list()).length, 1);
      } finally {
        await next?.remove();
        await database.remove();
      }
    });

/** Without the patience of ten seconds. */
async function quickly({ stations }: TestService): Promise<Answer> {
  const { rows } = await stations.store.pool.query<{ scope: string; hash: string }>(
    `select scope, body_hash as hash from answers where scope like '% /v1/runs'`,
  );
  const [row] = rows;
  assert.ok(row);
  const { state } = await stations.store.answers.begin({ scope: row.scope, key: 'once' }, row.hash);
  return { status: 0, headers: new Headers(), body: { error: { code: `IDEMPOTENCY_${state.toUpperCase()}` } } };
}
