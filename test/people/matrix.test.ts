/** Every route and the stream, asked by everybody who may come along: exactly what the table of rules says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { buildApp } from '../../src/app.ts';
import { createLogger } from '../../src/logger.ts';
import { RULES, SHARED_ACTIONS, type Rule } from '../../src/people/rules.ts';
import { hashOf, newToken } from '../../src/people/tokens.ts';
import type { Person, Project, Run } from '../../src/vocabulary/index.ts';
import { keyOf, register, signIn } from '../support/people.ts';
import { ask, codeOf, rehearsed, startService, type Answer, type TestService } from '../support/service.ts';

/** Who may do what, written down a second time, so that no rule changes by accident. */
const LEAST: Record<Rule, string[]> = {
  public: [
    'GET /openapi.json',
    'GET /health/live',
    'GET /health/ready',
    'GET /v1/session',
    'POST /v1/session',
    'DELETE /v1/session',
    'GET /v1/session/oidc',
    'GET /v1/session/oidc/callback',
    'POST /v1/invitations/look',
    'POST /v1/invitations/accept',
  ],
  owner: ['GET /metrics', 'GET /v1/people', 'POST /v1/people', 'PATCH /v1/people/:id', 'POST /v1/projects'],
  person: [
    'GET /v1/engines',
    'GET /v1/sessions',
    'DELETE /v1/sessions/:id',
    'GET /v1/me',
    'GET /v1/me/limits',
    'GET /v1/people/:id/export',
    'DELETE /v1/people/:id',
    'POST /v1/me/password',
    'GET /v1/keys',
    'POST /v1/keys',
    'DELETE /v1/keys/:id',
    'GET /v1/invitations',
    'POST /v1/invitations',
    'DELETE /v1/invitations/:id',
    'GET /v1/me/mentions',
    'GET /v1/projects',
  ],
  viewer: [
    'GET /v1/runs',
    'GET /v1/runs/groups',
    'GET /v1/runs/:id',
    'GET /v1/runs/:id/stream',
    'GET /v1/runs/:id/metrics',
    'GET /v1/runs/:id/events',
    'GET /v1/runs/:id/snapshots',
    'GET /v1/runs/:id/checkpoints',
    'GET /v1/runs/:id/histograms',
    'GET /v1/runs/:id/layers',
    'GET /v1/runs/:id/neurons',
    'GET /v1/runs/:id/diagnosis',
    'GET /v1/runs/:id/evaluation',
    'GET /v1/runs/:id/confusion',
    'GET /v1/runs/:id/samples',
    'GET /v1/runs/:id/model',
    'GET /v1/runs/:id/model/tfjs/model.json',
    'GET /v1/runs/:id/model/tfjs/weights.bin',
    'POST /v1/runs/:id/predict',
    'GET /v1/runs/:id/trials',
    'GET /v1/experiments/:name/archive',
    'GET /v1/datasets',
    'GET /v1/datasets/:id',
    'GET /v1/datasets/:id/preview',
    'GET /v1/datasets/:id/versions',
    'GET /v1/views',
    'GET /v1/runs/:id/comments',
    'GET /v1/share-links',
    'GET /v1/share-links/current',
    'GET /v1/projects/:id',
    'GET /v1/projects/:id/usage',
    'GET /v1/projects/:id/members',
  ],
  member: [
    'POST /v1/runs',
    'PATCH /v1/runs/:id',
    'DELETE /v1/runs/:id',
    'POST /v1/runs/:id/cancel',
    'POST /v1/runs/:id/pause',
    'POST /v1/runs/:id/resume',
    'POST /v1/runs/:id/fork',
    'POST /v1/runs/:id/trials',
    'DELETE /v1/runs/:id/trials',
    'POST /v1/archives',
    'POST /v1/datasets',
    'PATCH /v1/datasets/:id',
    'DELETE /v1/datasets/:id',
    'POST /v1/views',
    'PATCH /v1/views/:id',
    'DELETE /v1/views/:id',
    'POST /v1/runs/:id/comments',
    'PATCH /v1/runs/:id/comments/:comment',
    'DELETE /v1/runs/:id/comments/:comment',
    'POST /v1/share-links',
    'DELETE /v1/share-links/:id',
  ],
  admin: [
    'GET /v1/audit',
    'PATCH /v1/projects/:id',
    'GET /v1/projects/:id/retention',
    'DELETE /v1/projects/:id',
    'POST /v1/projects/:id/members',
    'DELETE /v1/projects/:id/members/:person',
    'GET /v1/webhooks',
    'POST /v1/webhooks',
    'GET /v1/webhooks/:id',
    'PATCH /v1/webhooks/:id',
    'DELETE /v1/webhooks/:id',
    'POST /v1/webhooks/:id/test',
    'GET /v1/webhooks/:id/deliveries',
    'POST /v1/webhooks/:id/deliveries/:delivery/replay',
  ],
};

const CALLERS = [
  'nobody',
  'revoked key',
  'expired session',
  'share link',
  'other project',
  'viewer',
  'member',
  'admin',
  'owner',
] as const;
type CallerKind = (typeof CALLERS)[number];

/** What anybody gets. `hidden`: as if there were no such thing. `passed`: whatever the route answers to one who may. */
type Outcome = 'passed' | 'unknown' | 'forbidden' | 'hidden';

/** For each rule, in the order of CALLERS. */
const [O, U, F, H]: Outcome[] = ['passed', 'unknown', 'forbidden', 'hidden'];
const OUTCOMES = {
  public: [O, O, O, O, O, O, O, O, O],
  person: [U, U, U, F, O, O, O, O, O],
  viewer: [U, U, U, F, H, O, O, O, O],
  member: [U, U, U, F, H, F, O, O, O],
  admin: [U, U, U, F, H, F, F, O, O],
  owner: [U, U, U, F, F, F, F, F, O],
} as Record<Rule, Outcome[]>;

/** What the address of a thing answers if there is none. Lists and new things name a project. */
const NOT_FOUND: Record<string, string> = {
  runs: 'RUN_NOT_FOUND',
  datasets: 'DATASET_NOT_FOUND',
  views: 'VIEW_NOT_FOUND',
  'share-links': 'SHARE_LINK_NOT_FOUND',
  webhooks: 'WEBHOOK_NOT_FOUND',
};

/** Bodies without which the question of who asks would not come up. The project is that of the matrix. */
const bodyOf = (action: string, { id }: Project, run: Run): unknown => {
  switch (action) {
    case 'POST /v1/runs':
      return { ...rehearsed(), project: id };
    case 'POST /v1/datasets':
      return { ...ROWS, project: id };
    case 'POST /v1/views':
      return { name: 'a view', page: 'runs', state: '', project: id };
    case 'POST /v1/share-links':
      return { kind: 'run', runs: [run.id] };
    case 'POST /v1/webhooks':
      return { name: 'a hook', url: 'https://example.org/', events: ['run.finished'], project: id };
    case 'POST /v1/invitations':
      return { project: id, role: 'viewer' };
    case 'POST /v1/projects/:id/members':
      return { person: 'Nobody at all', role: 'viewer' };
    case 'POST /v1/runs/:id/comments':
      return { text: 'seen' };
    case 'PATCH /v1/runs/:id/comments/:comment':
      return { text: 'seen' };
    default:
      return {};
  }
};
const ROWS = { name: 'rows', inputs: [[0], [1]], targets: [0, 1], task: 'classification' };

/** Rules that depend on more than the role, which their own tests look at. */
const OWN_TESTS = new Set([
  // It ends the session or key that asks.
  'DELETE /v1/session',
]);

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

function outcomeOf(action: string, answer: Answer): Outcome {
  const noun = action.includes('/:id') ? (action.split('/')[2] ?? '') : '';
  const code = codeOf(answer);
  if (code === 'UNAUTHENTICATED') return 'unknown';
  if (code === 'FORBIDDEN') return 'forbidden';
  if (answer.status === 404 && code === (NOT_FOUND[noun] ?? 'PROJECT_NOT_FOUND')) return 'hidden';
  if (action === 'POST /v1/share-links' && code === 'RUN_NOT_FOUND') return 'hidden';
  assert.ok(answer.status < 500 || [501, 503].includes(answer.status), `${action}: ${JSON.stringify(answer.body)}`);
  return 'passed';
}

describe('every route, asked by everybody', () => {
  let service: TestService;
  let project: Project;
  let run: Run;
  let shareToken: string;
  const people = new Map<CallerKind, Person>();
  const headers = new Map<CallerKind, Record<string, string>>();
  let owner: Record<string, string>;
  const kept = new Map<string, Promise<string>>();

  const api = async <T>(method: string, path: string, json?: unknown): Promise<T> => {
    const answer = await ask(service.url + path, { method, ...(json === undefined ? {} : { json }), headers: owner });
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  };

  before(async () => {
    service = await startService({ workers: 0, config: { rateLimits: { person: 0, address: 0 } } });
    people.set('owner', await register(service, 'Olga', { isOwner: true }));
    for (const [kind, name] of [
      ['other project', 'Eve'],
      ['viewer', 'Vera'],
      ['member', 'Max'],
      ['admin', 'Ada'],
    ] as const)
      people.set(kind, await register(service, name));
    owner = bearer(await keyOf(service, people.get('owner')!));
    project = await api('POST', '/v1/projects', { name: 'alpha' });
    const other = await api<Project>('POST', '/v1/projects', { name: 'beta' });
    for (const role of ['viewer', 'member', 'admin'] as const)
      await api('POST', `/v1/projects/alpha/members`, { person: people.get(role)!.id, role });
    await api('POST', `/v1/projects/${other.id}/members`, { person: 'Eve', role: 'admin' });
    run = await api('POST', '/v1/runs', { ...rehearsed(), project: 'alpha' });
    kept.set('runs', Promise.resolve(run.id));
    shareToken = (await api<{ token: string }>('POST', '/v1/share-links', { kind: 'run', runs: [run.id] })).token;

    for (const kind of ['other project', 'viewer', 'member', 'owner'] as const)
      headers.set(kind, bearer(await keyOf(service, people.get(kind)!)));
    // One of them signs in, as people do.
    headers.set('admin', { cookie: await signIn(service, 'Ada'), origin: service.url });
    headers.set('nobody', {});
    headers.set('share link', bearer(`rls_${shareToken}`));
    const { keys, sessions } = service.stations.store;
    const revoked = await keyOf(service, people.get('admin')!);
    for (const { id } of await keys.list(people.get('admin')!.id, false)) await keys.revoke(id);
    headers.set('revoked key', bearer(revoked));
    const token = newToken();
    await sessions.create({
      personId: people.get('admin')!.id,
      tokenHash: hashOf(token),
      address: null,
      agent: null,
      days: -1,
    });
    headers.set('expired session', { cookie: `relumine_session=${token}`, origin: service.url });
  });
  after(() => service.remove());

  it('has a rule, which is written down twice', () => {
    const [rules, written] = [
      RULES,
      Object.fromEntries(Object.entries(LEAST).flatMap(([rule, actions]) => actions.map((action) => [action, rule]))),
    ];
    assert.deepEqual(rules, written);
    const { paths = {} } = service.app.swagger();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    assert.deepEqual(
      routes.filter((route) => !Object.hasOwn(RULES, route)),
      [],
    );
  });

  it('does not start with a route without a rule', async () => {
    const config = { host: '127.0.0.1', allowedHosts: [], corsOrigins: [] };
    const app = await buildApp({ config, stations: service.stations, logger: createLogger('silent') });
    const schema = { tags: ['runs'], summary: 'A new route', description: 'It has no rule yet, so it is refused.' };
    assert.throws(() => app.get('/v1/new', { schema }, () => 'ok'), /No rule says who may use "GET \/v1\/new"/);
    await app.close();
  });

  /** A thing of the project: a new one for every request that would delete it, otherwise the same. */
  async function idFor(action: string): Promise<string> {
    const noun = action.split('/')[2] ?? '';
    if (action.startsWith('DELETE') && !action.includes('/:id/')) return make(noun);
    const known = kept.get(noun) ?? make(noun);
    kept.set(noun, known);
    return known;
  }

  async function make(noun: string): Promise<string> {
    const path = `/v1/${noun}`;
    switch (noun) {
      case 'runs':
      case 'datasets':
      case 'views':
      case 'share-links':
      case 'webhooks':
        return (await api<{ id: string }>('POST', path, bodyOf(`POST ${path}`, project, run))).id;
      case 'projects':
        return project.id;
      default:
        return 'x';
    }
  }

  /** A route answers a refused caller more slowly with every attempt. */
  const forgetGuesses = () => service.stations.store.pool.query('delete from rate_counts');

  async function request(action: string, kind: CallerKind): Promise<Answer> {
    const [method = '', url = ''] = action.split(' ');
    const id = url.includes(':id') ? await idFor(action) : '';
    const path = url.replace(':id', id).replace(':name', 'x').replace(/:\w+/g, 'x');
    const isSent = method === 'POST' || method === 'PATCH';
    const query = !url.includes('/:id') && TAKES_PROJECT.has(action) ? `?project=alpha` : '';
    const more = action === 'GET /v1/runs/groups' ? `${query === '' ? '?' : '&'}by=status` : '';
    if (GUESSES.has(kind)) await forgetGuesses();
    const response = await fetch(service.url + path + query + more, {
      method,
      headers: { ...headers.get(kind), ...(isSent ? { 'content-type': 'application/json' } : {}) },
      ...(isSent ? { body: JSON.stringify(bodyOf(action, project, run)) } : {}),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  }

  for (const rule of Object.keys(LEAST) as Rule[])
    it(`needs ${rule}, and nothing less`, async () => {
      for (const action of LEAST[rule]) {
        if (OWN_TESTS.has(action)) continue;
        const found: Partial<Record<CallerKind, Outcome>> = {};
        await forgetGuesses();
        for (const kind of CALLERS) found[kind] = outcomeOf(action, await request(action, kind));
        const effective: Rule = EFFECTIVE[action] ?? rule;
        const expected = Object.fromEntries(CALLERS.map((kind, i) => [kind, OUTCOMES[effective][i]]));
        if (SHARED_ACTIONS.has(action)) expected['share link'] = 'passed';
        // It has no project of its own: everybody else learns that they came by no link, or sees nothing in the list.
        if (NO_PROJECT.has(action) && expected['other project'] === 'hidden') expected['other project'] = 'passed';
        if (action === 'GET /v1/runs') expected['share link'] = 'hidden';
        assert.deepEqual(found, expected, action);
      }
    });

  it('opens the stream for those who may read the run', async () => {
    const statuses: Partial<Record<CallerKind, number>> = {};
    for (const kind of CALLERS) {
      const { authorization = '', ...rest } = headers.get(kind)!;
      const secret = authorization.replace(/^Bearer (rls_)?/, '');
      const protocol = kind === 'share link' ? `relumine.share.${secret}` : `relumine.key.${secret}`;
      await forgetGuesses();
      const socket = new WebSocket(
        `${service.url.replace('http', 'ws')}/v1/runs/${run.id}/stream`,
        secret === '' ? [] : ['relumine.v1', protocol],
        { headers: rest },
      );
      socket.on('error', () => undefined);
      statuses[kind] = await Promise.race([
        once(socket, 'open').then(() => 101),
        once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode as number),
      ]);
      socket.terminate();
    }
    assert.deepEqual(statuses, {
      nobody: 401,
      'revoked key': 401,
      'expired session': 401,
      'share link': 101,
      'other project': 404,
      viewer: 101,
      member: 101,
      admin: 101,
      owner: 101,
    });
  });
});

/** Callers whose every request is an attempt to guess. */
const GUESSES: ReadonlySet<CallerKind> = new Set(['revoked key', 'expired session']);

/** Where the project is named in the query. */
const TAKES_PROJECT = new Set([
  'GET /v1/runs',
  'GET /v1/runs/groups',
  'GET /v1/experiments/:name/archive',
  'POST /v1/archives',
  'GET /v1/datasets',
  'GET /v1/views',
  'GET /v1/audit',
  'GET /v1/share-links',
  'GET /v1/webhooks',
]);
const NO_PROJECT = new Set(['GET /v1/share-links/current']);
/** What a rule of the route cannot say, because it depends on the body. */
const EFFECTIVE: Record<string, Rule> = { 'POST /v1/invitations': 'admin' };
