/**
 * The whole surface, asked for anything, with and without a key: whatever comes in is answered, and never by a 5xx.
 * RELUMINE_FUZZ: how many requests. The suite sends 1500.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { RULES } from '../../src/people/rules.ts';
import type { Run } from '../../src/vocabulary/index.ts';
import { keyOf, register, signIn } from '../support/people.ts';
import { rehearsed, startService, type TestService } from '../support/service.ts';

const REQUESTS = Number(process.env['RELUMINE_FUZZ'] ?? 1500);
const SEED = Number(process.env['RELUMINE_FUZZ_SEED'] ?? 20261128);
const BATCH = 40;

/** What makes argon2 work is as slow as it has to be, and signing out ends the key that asks. */
const LEFT_OUT = new Set([
  'DELETE /v1/session',
  'POST /v1/session',
  'POST /v1/invitations/accept',
  'POST /v1/me/password',
]);

describe('any request', () => {
  let service: TestService;
  let headers: Record<string, string>[];
  const ids: string[] = ['default', 'mnist', 'x', '', 'ada', 'run_', `run_${'0'.repeat(26)}`];
  before(async () => {
    service = await startService({ workers: 0, config: { rateLimits: { person: 0, address: 0 } } });
    const olga = await register(service, 'Olga', { isOwner: true });
    const ada = await register(service, 'Ada');
    const { store } = service.stations;
    await store.projects.setMember('default', ada.id, 'member');
    const owner = await keyOf(service, olga);
    headers = [
      {},
      { authorization: `Bearer ${owner}` },
      { authorization: `Bearer ${owner}` },
      { authorization: `Bearer ${await keyOf(service, ada)}` },
      { authorization: `Bearer ${await keyOf(service, ada, 'read')}` },
      { cookie: await signIn(service, 'Ada'), origin: service.url },
    ];
    const run = await service.app.inject({
      method: 'POST',
      url: '/v1/runs',
      headers: headers[1]!,
      payload: rehearsed(),
    });
    ids.push(run.json<Run>().id, ada.id);
  });
  after(() => service.remove());

  it(`is answered, and not by a 5xx: ${REQUESTS} of them`, async (t) => {
    const statuses = new Map<number, number>();
    const problems: string[] = [];
    const ask = async ({ action, names, query, body, who, extra, tail }: Wild): Promise<void> => {
      const [method = '', path = ''] = action.split(' ');
      let next = 0;
      const filled = path.replace(/:\w+/g, () =>
        encodeURIComponent((names[next++ % names.length] ?? 'x').replace(/\p{Surrogate}/gu, '')),
      );
      const search = new URLSearchParams(query).toString();
      const url = `${filled}${tail}${search === '' ? '' : `?${search}`}`;
      const isSent = method === 'POST' || method === 'PATCH' || method === 'PUT';
      const answer = await service.app.inject({
        method: method as 'GET',
        url,
        headers: { ...headers[who % headers.length], ...extra, ...(isSent ? { 'content-type': body.type } : {}) },
        ...(isSent ? { payload: body.text } : {}),
      });
      statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
      // An engine or a shelf that is busy may say so, but only that.
      if (answer.statusCode >= 500 && answer.statusCode !== 507)
        problems.push(
          `${answer.statusCode} ${method} ${url} ${JSON.stringify(extra)} ${body.text.slice(0, 300)}: ${answer.body.slice(0, 200)}`,
        );
    };
    const samples = fc.sample(wild(ids), { numRuns: REQUESTS, seed: SEED });
    for (let from = 0; from < samples.length; from += BATCH) {
      await Promise.all(samples.slice(from, from + BATCH).map(ask));
      await service.stations.store.pool.query('delete from rate_counts');
    }
    assert.deepEqual(problems.slice(0, 5), [], `${problems.length} problems, seed ${SEED}`);
    assert.ok(
      [200, 400, 401, 403, 404].every((status) => statuses.has(status)),
      JSON.stringify([...statuses]),
    );
    t.diagnostic(JSON.stringify(Object.fromEntries([...statuses].toSorted(([a], [b]) => a - b))));
  });
});

interface Wild {
  action: string;
  names: string[];
  query: [string, string][];
  body: { type: string; text: string };
  who: number;
  extra: Record<string, string>;
  tail: string;
}

const WORDS = [
  'project',
  'limit',
  'after',
  'orderBy',
  'filter',
  'q',
  'status',
  'by',
  'format',
  'step',
  'rows',
  'data',
  'force',
  'name',
  'task',
  'points',
  'keys',
  'createdBy',
  'checkpoint',
  'since',
  'version',
  'page',
];
const KEYS = [
  ...WORDS,
  'person',
  'role',
  'runs',
  'kind',
  'spec',
  'dataset',
  'model',
  'layers',
  'training',
  'epochs',
  'inputs',
  'targets',
  'text',
  'layer',
  'neuron',
  'email',
  'scopes',
  'expiresAt',
  'url',
  'events',
  'rule',
  'limits',
  'retention',
  'patch',
  'advice',
  'seeds',
  'tags',
  'metadata',
  'state',
  'parentId',
  '__proto__',
  'constructor',
];

function wild(ids: readonly string[]): fc.Arbitrary<Wild> {
  const text = fc.oneof(
    fc.constantFrom(...ids),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '-1',
      '0',
      '1',
      '1e309',
      'null',
      '\0',
      "'; drop table runs; --",
      '../..',
      '%00',
      '\ud800',
      'x'.repeat(150),
      '2026-11-28',
      'csv',
      'summary.loss < 1',
    ),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: false },
      fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 })), tie('value'), { maxKeys: 6 }),
    ),
  }));
  const json = value.map((one) => ({ type: 'application/json', text: JSON.stringify(one) ?? '' }));
  const actions = Object.keys(RULES).filter((action) => !LEFT_OUT.has(action));
  return fc.record({
    action: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...actions) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('PUT /v1/runs', 'GET /v1/nothing', 'DELETE /v1/runs', 'GET /v1/runs/:id/nothing'),
      },
    ),
    names: fc.array(fc.oneof(fc.constantFrom(...ids), text), { minLength: 1, maxLength: 2 }),
    query: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })), text), { maxLength: 3 }),
    body: fc.oneof(
      { weight: 8, arbitrary: json },
      { weight: 1, arbitrary: fc.string({ maxLength: 60 }).map((raw) => ({ type: 'application/json', text: raw })) },
      {
        weight: 1,
        arbitrary: fc.record({
          type: fc.constantFrom(
            'text/csv',
            'application/gzip',
            'application/octet-stream',
            'multipart/form-data; boundary=x',
            'text/plain',
          ),
          text: fc.string({ maxLength: 60 }),
        }),
      },
    ),
    who: fc.nat(5),
    extra: fc.oneof(
      { weight: 5, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          { 'idempotency-key': 'a key' },
          { authorization: 'Bearer rlm_x_y' },
          { authorization: 'Bearer rls_x' },
          { cookie: 'relumine_session=x' },
          { origin: 'https://example.org' },
          { 'content-encoding': 'gzip' },
          { host: 'example.org' },
        ),
      },
    ),
    tail: fc.constantFrom('', '', '', '', '', '', '/', '?', '%'),
  }) as fc.Arbitrary<Wild>;
}
