/** Requests with an Idempotency-Key whose process died, in every window between the key and the answer. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Run } from '../../src/vocabulary/index.ts';
import { STORE_KINDS, createDatabase } from '../support/database.ts';
import { clientOf, keyOf, register } from '../support/people.ts';
import { ask, codeOf, rehearsed, startService, type Answer, type TestService } from '../support/service.ts';

interface Sent {
  json?: unknown;
  body?: Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}
/** A request that makes something, and another one that is not the same. */
interface Making {
  path: string;
  send: Sent;
  other: Sent;
  /** The address of what was made with this id. */
  location: (id: string) => string | null;
  /** How many of what it makes are there. */
  count: (service: TestService) => Promise<number>;
}

/** Of an owner, so that nobody is refused. */
let authorization = '';
const post = ({ url }: TestService, path: string, send: Sent): Promise<Answer> =>
  ask(url + path, { method: 'POST', ...send, headers: { ...send.headers, authorization, 'idempotency-key': 'once' } });

/** What a process does not come to that dies then. The request that waits for it is never answered. */
const WINDOWS = ['before it is created', 'before its answer is kept'] as const;
type Window = (typeof WINDOWS)[number];
const never = (): Promise<never> => new Promise(() => undefined);

/** Resolves when the request has got that far. */
function die(t: TestContext, { stations }: TestService, window: Window): Promise<void> {
  const { runs, answers, views, comments, projects, people, trials, archives } = stations.store;
  return new Promise((resolve) => {
    const stop = (): Promise<never> => {
      resolve();
      return never();
    };
    if (window === 'before its answer is kept') t.mock.method(answers, 'keep', stop);
    else {
      for (const made of [runs, views, comments, projects, people]) t.mock.method(made, 'create', stop);
      t.mock.method(trials, 'begin', stop);
      t.mock.method(archives, 'add', stop);
    }
  });
}

/** How many runs an experiment has. */
const runsOf = (experiment: string) => async (now: TestService) =>
  (await now.stations.store.runs.list({ limit: 10, experiment })).data.length;
const raw = (body: Uint8Array<ArrayBuffer>) => ({ body, headers: { 'content-type': 'application/gzip' } });

/** All kinds of requests that make something. */
async function makings(service: TestService): Promise<Making[]> {
  const { store } = service.stations;
  const olga = await register(service, 'Olga', { isOwner: true });
  const key = await keyOf(service, olga);
  authorization = `Bearer ${key}`;
  const client = clientOf(service, key);
  const { id: parent } = await client.submit(rehearsed());
  await store.runs.claim(parent, 'test');
  const error = { code: 'DIVERGED', message: 'for this test' } as const;
  await store.log.append({ runId: parent, attempt: 1 }, [], { to: 'failed', error });

  const archived = await client.submit({ ...rehearsed(), experiment: 'archived' });
  const downloaded = await fetch(`${service.url}/v1/experiments/archived/archive`, { headers: { authorization } });
  const archive = new Uint8Array(await downloaded.arrayBuffer());
  await client.cancel(archived.id);
  await client.delete(archived.id);

  const table = { inputs: [[0], [1]], targets: [0, 1], task: 'classification' };
  const view = { name: 'mine', page: 'runs', state: 'status=failed' };
  return [
    {
      path: '/v1/runs',
      send: { json: { ...rehearsed(), experiment: 'once' } },
      other: { json: { ...rehearsed(), experiment: 'other' } },
      location: (id) => `/v1/runs/${id}`,
      count: runsOf('once'),
    },
    {
      path: '/v1/views',
      send: { json: view },
      other: { json: { ...view, name: 'other' } },
      location: (id) => `/v1/views/${id}`,
      count: async (now) => (await now.stations.store.views.list()).length,
    },
    {
      path: '/v1/projects',
      send: { json: { name: 'vision' } },
      other: { json: { name: 'other' } },
      location: (id) => `/v1/projects/${id}`,
      count: async (now) =>
        (await now.stations.store.projects.list(null)).filter(({ name }) => name === 'vision').length,
    },
    {
      path: '/v1/people',
      send: { json: { name: 'nightly', isService: true } },
      other: { json: { name: 'other', isService: true } },
      location: () => null,
      count: async (now) => (await now.stations.store.people.list()).filter(({ name }) => name === 'nightly').length,
    },
    {
      path: '/v1/datasets',
      send: { json: { ...table, name: 'once' } },
      other: { json: { ...table, name: 'other' } },
      location: (id) => `/v1/datasets/${id}`,
      count: async (now) => (await now.stations.store.datasets.list()).filter(({ name }) => name === 'once').length,
    },
    {
      path: `/v1/runs/${parent}/comments`,
      send: { json: { text: 'dead' } },
      other: { json: { text: 'other' } },
      location: (id) => `/v1/runs/${parent}/comments/${id}`,
      count: async (now) => (await now.stations.store.comments.list(parent, { limit: 10 })).data.length,
    },
    {
      path: `/v1/runs/${parent}/trials`,
      send: { json: { seeds: 2 } },
      other: { json: { seeds: 3 } },
      location: () => `/v1/runs/${parent}/trials`,
      count: async (now) => ((await now.stations.store.trials.get(parent)) ? 1 : 0),
    },
    {
      path: '/v1/archives',
      send: raw(archive),
      other: raw(archive.slice(1)),
      location: () => null,
      count: runsOf('archived'),
    },
  ];
}

for (const kind of STORE_KINDS)
  for (const window of WINDOWS)
    test(`a request whose process died ${window} is made once, and answered at once (${kind})`, async (t) => {
      const database = await createDatabase(kind);
      const first = await startService({ database, workers: 0 });
      let next: TestService | null = null;
      try {
        // What reads uploads is not stopped while it is in the middle of one, and would wait for ever.
        const requests = (await makings(first)).filter(
          ({ path }) => window === 'before its answer is kept' || path !== '/v1/datasets',
        );
        for (const { path, send } of requests) {
          const reached = die(t, first, window);
          const answered = post(first, path, send).then(({ status, body }) =>
            assert.fail(`${path} was answered ${status}: ${JSON.stringify(body)}`),
          );
          answered.catch(() => undefined);
          await Promise.race([reached, answered]);
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
        for (const { path, send, other, location, count } of requests) {
          const from = performance.now();
          const answers: Answer[] = [await post(next, path, send), await post(next, path, send)];
          assert.ok(performance.now() - from < 9000, 'nobody waits for a process that is gone');
          assert.deepEqual(
            answers.map(({ status }) => status),
            [201, 201],
            `${path}: ${JSON.stringify(answers[0]!.body)}`,
          );
          const [made, again] = answers.map(({ body }) => body as Run);
          assert.deepEqual(made, again, path);
          assert.equal(answers[0]!.headers.get('location'), location(made!.id));
          assert.equal(codeOf(await post(next, path, other)), 'IDEMPOTENCY_CONFLICT', path);
          assert.equal(await count(next), 1, path);
        }
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

/** The answer has a secret in it, which is not kept. */
const SECRET = ['/v1/keys', '/v1/invitations', '/v1/share-links', '/v1/webhooks'];
/** A fork is created as any run. Members and what is sent again stay the same, and an invitation is accepted once. */
const ALIKE = ['/v1/runs/{id}/fork', '/v1/projects/{id}/members', '/v1/invitations/accept', '/v1/session'];

test('every request that makes something is one of these', async () => {
  const service = await startService({ workers: 0 });
  try {
    const { paths } = (await ask(`${service.url}/openapi.json`)).body as {
      paths: Record<string, { post?: { responses: Record<string, unknown> } }>;
    };
    const making = Object.entries(paths).flatMap(([path, { post: route }]) => (route?.responses['201'] ? [path] : []));
    const tested = (await makings(service)).map(({ path }) => path.replace(/run_[0-9a-z]+/, '{id}'));
    assert.deepEqual(
      making.toSorted(),
      [...tested, ...SECRET, ...ALIKE].filter((path) => making.includes(path)).toSorted(),
    );
  } finally {
    await service.remove();
  }
});
