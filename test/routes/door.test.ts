/** Every route that names a run, a data set, a view or a project goes through the door, and nothing but the door reads the name. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { Bodies } from '../../src/bodies/bodies.ts';
import { buildApp } from '../../src/app.ts';
import { createLogger } from '../../src/logger.ts';
import type { Stations } from '../../src/routes/route.ts';
import { Counters } from '../../src/telemetry/counters.ts';

const ROUTES = new URL('../../../src/routes/', import.meta.url);

/** Stations without anything in them, which record every other call. */
function emptyStations(asked: string[]): Stations {
  const station = (name: string, known: Record<string, unknown> = {}): never =>
    new Proxy(known, {
      get: (_, key) => {
        if (key in known) return known[String(key)];
        return (...args: unknown[]) => {
          asked.push(`${name}.${String(key)}(${JSON.stringify(args)})`);
          return Promise.reject(new Error('asked past the door'));
        };
      },
    }) as never;
  return {
    store: station('store', {
      pool: station('pool'),
      people: station('people', { isEmpty: () => Promise.resolve(true) }),
      subscribe: () => () => undefined,
      availability: { outage: null, onChange: () => () => undefined },
      runs: station('runs', { get: () => Promise.resolve(null) }),
      datasets: station('datasets', { info: () => Promise.resolve(null), named: () => Promise.resolve(null) }),
      shareLinks: station('shareLinks', { get: () => Promise.resolve(null) }),
      views: station('views', { get: () => Promise.resolve(null) }),
      webhooks: station('webhooks', { get: () => Promise.resolve(null) }),
      projects: station('projects', { find: () => Promise.resolve(null) }),
      ...Object.fromEntries(
        ['log', 'metrics', 'snapshots', 'checkpoints', 'verdicts', 'trials', 'answers'].map((name) => [
          name,
          station(name),
        ]),
      ),
    }),
    shelf: station('shelf', { take: () => Promise.resolve(null) }),
    trials: station('trials'),
    queue: station('queue', { threads: { busy: 0, total: 0 } }),
    broadcaster: station('broadcaster', { subscriberCount: 0 }),
    counters: new Counters(),
    bodies: new Bodies(),
    questions: station('questions'),
    webhooks: station('webhooks'),
    allowances: station('allowances'),
  };
}

const NOUNS = {
  runs: ['Run', 'RUN_NOT_FOUND'],
  datasets: ['Data set', 'DATASET_NOT_FOUND'],
  views: ['View', 'VIEW_NOT_FOUND'],
  projects: ['Project', 'PROJECT_NOT_FOUND'],
  webhooks: ['Webhook', 'WEBHOOK_NOT_FOUND'],
  'share-links': ['Share link', 'SHARE_LINK_NOT_FOUND'],
} as const;
/** Bodies without which a request is refused before anything is looked up. */
const BODIES: Record<string, object> = {
  'POST /v1/runs/{id}/comments': { text: 'x' },
  'PATCH /v1/runs/{id}/comments/{comment}': { text: 'x' },
  'POST /v1/projects/{id}/members': { person: 'ada', role: 'viewer' },
};

describe('a route that names a thing', () => {
  const asked: string[] = [];
  let app: FastifyInstance;
  let routes: { method: string; path: string }[];
  before(async () => {
    app = await buildApp({
      config: { host: '127.0.0.1', allowedHosts: [], corsOrigins: [] },
      stations: emptyStations(asked),
      logger: createLogger('silent'),
    });
    await app.ready();
    routes = Object.entries(app.swagger().paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods ?? {}).map((method) => ({ path, method: method.toUpperCase() })),
    );
  });
  after(() => app.close());

  it('is refused before its handler if the name is unknown', async () => {
    const named = routes.filter(({ path }) => /^\/v1\/(runs|datasets|views|projects|webhooks)\/\{id\}/.test(path));
    assert.ok(named.length >= 18, `${named.length} routes`);
    for (const { method, path } of named) {
      for (const id of ['run_nothing', "x'; drop table runs; --", 'x'.repeat(150)]) {
        const payload = method === 'POST' || method === 'PATCH' ? { payload: BODIES[`${method} ${path}`] ?? {} } : {};
        const answer = await app.inject({
          method,
          url: path.replace('{id}', encodeURIComponent(id)).replace(/\{\w+\}/, 'x'),
          ...payload,
        });
        const [noun, code] = NOUNS[path.split('/')[2] as keyof typeof NOUNS];
        assert.deepEqual(
          [answer.statusCode, answer.json<unknown>()],
          [404, { error: { code, message: `${noun} ${JSON.stringify(id.slice(0, 100))} not found.`, details: [] } }],
          `${method} ${path}`,
        );
      }
    }
    assert.deepEqual(asked, []);
  });

  it('does not read path parameters itself', async () => {
    const readers: string[] = [];
    for (const name of await readdir(ROUTES)) {
      const text = await readFile(new URL(name, ROUTES), 'utf8');
      // A schema may name them: `params: RunParams`.
      if (/\bparams\b(?!: \w*Params\b)/.test(text)) readers.push(name);
    }
    // An archive is of an experiment, which is a name that runs share. Keys and sessions belong to people; people are
    // members of the project that was found.
    assert.deepEqual(readers, [
      'archives.ts',
      'door.ts',
      'invitations.ts',
      'keys.ts',
      'people.ts',
      'projects.ts',
      'sessions.ts',
    ]);
  });
});
