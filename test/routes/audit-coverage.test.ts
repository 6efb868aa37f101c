/** Every route that changes something leaves its entries in the audit log, and a request that fails leaves none. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RULES, type Action } from '../../src/people/rules.ts';
import type {
  AuditAction,
  CreatedInvitation,
  Delivery,
  List,
  Person,
  Run,
  ShareLink,
} from '../../src/vocabulary/index.ts';
import { cookieOf, keyOf, PASSWORD, register, signIn } from '../support/people.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { ask, ended, startService, type Answer, type TestService } from '../support/service.ts';
import { RelumineClient } from '../../src/client/index.ts';

/** They only look. */
const UNCHANGING: readonly Action[] = ['POST /v1/runs/:id/predict', 'POST /v1/invitations/look'];
const CHANGING = (Object.keys(RULES) as Action[]).filter(
  (action) => !action.startsWith('GET ') && !UNCHANGING.includes(action),
);

/** Its first layer is dead from the start, so there is advice to try. */
const JOB = {
  name: 'dying',
  experiment: 'audited',
  dataset: { name: 'moons', samples: 100 },
  model: {
    layers: [{ type: 'dense', units: 4, activation: 'relu', biasInitializer: { type: 'constant', value: -20 } }],
  },
  training: { epochs: 2, batchSize: 32 },
};
const ROWS = {
  name: 'and',
  inputs: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  targets: [0, 0, 0, 1],
  task: 'classification',
};

const idOf = ({ body }: Answer): string => (body as { id: string }).id;

interface Given {
  params?: Record<string, string>;
  json?: unknown;
  body?: Blob;
  cookie?: string;
}

describe('the audit log', () => {
  let service: TestService;
  let receiver: Receiver;
  let owner: Person;
  let ownersKey: string;
  let viewersKey: string;
  const covered = new Set<Action>();
  before(async () => {
    receiver = await startReceiver();
    service = await startService({ trains: true, webhooks: { allowPrivate: true, lookMs: 10, retryMs: [10] } });
    owner = await register(service, 'Olga', { isOwner: true });
    ownersKey = await keyOf(service, owner);
    const viewer = await register(service, 'Vera');
    await service.stations.store.projects.setMember('default', viewer.id, 'viewer');
    viewersKey = await keyOf(service, viewer);
  });
  after(async () => {
    await service.remove();
    await receiver.close();
  });

  function send(action: Action, { params = {}, json, body, cookie }: Given, key: string | null): Promise<Answer> {
    const [method = '', url = ''] = action.split(' ');
    const path = url.replace(/:(\w+)/g, (_, name: string) => params[name] ?? 'nothing');
    return ask(service.url + path, {
      method,
      ...(json !== undefined && { json }),
      ...(body && { body }),
      headers: {
        ...(cookie === undefined
          ? key !== null && { authorization: `Bearer ${key}` }
          : { cookie, origin: service.url }),
        ...(body && { 'content-type': 'application/gzip' }),
      },
    });
  }

  /** The actions of the entries that `work` leaves, the first one first. */
  async function entriesOf(work: () => Promise<unknown>): Promise<AuditAction[]> {
    const { audit } = service.stations.store;
    const newest = async (limit: number) => (await audit.list({ projects: null, limit })).data;
    const [last] = await newest(1);
    await work();
    const entries = await newest(50);
    const end = entries.findIndex(({ id }) => id === last?.id);
    return entries
      .slice(0, end === -1 ? entries.length : end)
      .map(({ action }) => action)
      .toReversed();
  }

  /** Does it as an owner, after a viewer was refused; each leaves what it should. */
  async function does(action: Action, given: Given, ...leaves: AuditAction[]): Promise<Answer> {
    covered.add(action);
    if (RULES[action] !== 'public' && RULES[action] !== 'person') {
      const left = await entriesOf(async () => {
        const { status } = await send(action, given, viewersKey);
        assert.equal(status, 403, `${action} as a viewer`);
      });
      assert.deepEqual(left, [], `${action} as a viewer`);
    }
    let answer: Answer | undefined;
    const left = await entriesOf(async () => {
      answer = await send(action, given, ownersKey);
      assert.ok(answer.status < 300, `${action}: ${answer.status} ${JSON.stringify(answer.body)}`);
    });
    assert.deepEqual(left, leaves, action);
    return answer!;
  }

  it('says what happens to runs, data sets and views', async () => {
    const run = (await does('POST /v1/runs', { json: JOB }, 'run.created')).body as Run;
    const params = { id: run.id };
    const client = new RelumineClient(service.url, { apiKey: ownersKey });
    await ended({ ...service, client }, run.id);
    await does('PATCH /v1/runs/:id', { params, json: { notes: 'seen' } }, 'run.changed');
    await does('POST /v1/runs/:id/trials', { params, json: { seeds: 1 } }, 'trials.begun');
    await does('DELETE /v1/runs/:id/trials', { params }, 'trials.cancelled');
    const fork = { params, json: { patch: { training: { epochs: 1 } } } };
    await does('POST /v1/runs/:id/fork', fork, 'run.created');

    const long = { ...JOB, training: { epochs: 1_000_000 } };
    const { id } = await client.submit(long as Parameters<typeof client.submit>[0]);
    await does('POST /v1/runs/:id/pause', { params: { id } }, 'run.paused');
    await does('POST /v1/runs/:id/resume', { params: { id } }, 'run.resumed');
    await does('POST /v1/runs/:id/cancel', { params: { id } }, 'run.cancelled');
    await does('DELETE /v1/runs/:id', { params: { id } }, 'run.deleted');

    const headers = { authorization: `Bearer ${ownersKey}` };
    const archive = await fetch(`${service.url}/v1/experiments/audited/archive`, { headers });
    await does('POST /v1/archives', { body: await archive.blob() }, 'experiment.imported');

    const dataset = { id: idOf(await does('POST /v1/datasets', { json: ROWS }, 'dataset.created')) };
    await does('PATCH /v1/datasets/:id', { params: dataset, json: { name: 'or' } }, 'dataset.changed');
    await does('DELETE /v1/datasets/:id', { params: dataset }, 'dataset.deleted');

    const wish = { name: 'mine', page: 'runs', state: '' };
    const view = { id: idOf(await does('POST /v1/views', { json: wish }, 'view.created')) };
    await does('PATCH /v1/views/:id', { params: view, json: { name: 'ours' } }, 'view.changed');
    await does('DELETE /v1/views/:id', { params: view }, 'view.deleted');

    const comment = await does('POST /v1/runs/:id/comments', { params, json: { text: 'hm' } }, 'comment.created');
    const named = { ...params, comment: idOf(comment) };
    await does('PATCH /v1/runs/:id/comments/:comment', { params: named, json: { text: 'ah' } }, 'comment.changed');
    await does('DELETE /v1/runs/:id/comments/:comment', { params: named }, 'comment.deleted');

    const kind = { kind: 'run', runs: [run.id] };
    const link = (await does('POST /v1/share-links', { json: kind }, 'shareLink.created')).body as ShareLink;
    await does('DELETE /v1/share-links/:id', { params: { id: link.id } }, 'shareLink.revoked');
  });

  it('says what happens to projects and webhooks', async () => {
    const project = { id: idOf(await does('POST /v1/projects', { json: { name: 'vision' } }, 'project.created')) };
    // A viewer of this one, too.
    const members = 'POST /v1/projects/:id/members';
    await does('PATCH /v1/projects/:id', { params: { id: 'default' }, json: { name: 'main' } }, 'project.changed');
    const bob = await register(service, 'Bob');
    const inDefault = { id: 'default' };
    await does(members, { params: inDefault, json: { person: bob.id, role: 'viewer' } }, 'member.added');
    const changed = await entriesOf(() =>
      send(members, { params: inDefault, json: { person: bob.id, role: 'member' } }, ownersKey),
    );
    assert.deepEqual(changed, ['member.changed']);
    await does(
      'DELETE /v1/projects/:id/members/:person',
      { params: { ...inDefault, person: bob.id } },
      'member.removed',
    );
    const [vera] = (await service.stations.store.people.list()).filter(({ name }) => name === 'Vera');
    await service.stations.store.projects.setMember(project.id, vera!.id, 'viewer');
    await does('DELETE /v1/projects/:id', { params: project }, 'project.deleted');

    const wish = { name: 'alerts', url: receiver.url, events: ['run.finished'] };
    const webhook = { id: idOf(await does('POST /v1/webhooks', { json: wish }, 'webhook.created')) };
    await does('PATCH /v1/webhooks/:id', { params: webhook, json: { name: 'news' } }, 'webhook.changed');
    await does('POST /v1/webhooks/:id/test', { params: webhook, json: {} }, 'webhook.tested');
    const { data } = (
      await ask(`${service.url}/v1/webhooks/${webhook.id}/deliveries`, {
        headers: { authorization: `Bearer ${ownersKey}` },
      })
    ).body as List<Delivery>;
    const replay = { params: { ...webhook, delivery: data[0]?.id ?? '' }, json: {} };
    await does('POST /v1/webhooks/:id/deliveries/:delivery/replay', replay, 'delivery.replayed');
    await does('DELETE /v1/webhooks/:id', { params: webhook }, 'webhook.deleted');
  });

  it('says what happens to people, and how they come in', async () => {
    await does('POST /v1/session', { json: { name: 'Olga', password: PASSWORD } }, 'session.created');
    const [cookie, other] = [await signIn(service, 'Olga'), await signIn(service, 'Olga')];
    const sessions = await service.stations.store.sessions.list(owner.id);
    await does('DELETE /v1/sessions/:id', { params: { id: sessions[0]?.id ?? '' }, cookie }, 'session.ended');
    assert.equal((await send('GET /v1/me', { cookie: other }, null)).status, 401);
    const change = { password: PASSWORD, newPassword: `${PASSWORD}!` };
    await does('POST /v1/me/password', { json: change, cookie }, 'password.changed');
    await does('DELETE /v1/session', { cookie }, 'session.ended');

    const key = { id: idOf(await does('POST /v1/keys', { json: { name: 'nightly' } }, 'key.created')) };
    await does('DELETE /v1/keys/:id', { params: key }, 'key.revoked');

    const robot = {
      id: idOf(await does('POST /v1/people', { json: { name: 'robot', isService: true } }, 'person.created')),
    };
    await does('PATCH /v1/people/:id', { params: robot, json: { name: 'machine' } }, 'person.changed');
    for (const [disabled, action] of [
      [true, 'person.disabled'],
      [false, 'person.enabled'],
    ] as const)
      await does('PATCH /v1/people/:id', { params: robot, json: { disabled } }, action);

    await does('DELETE /v1/people/:id', { params: robot }, 'person.erased');

    const wish = { json: { project: 'default', role: 'member' } };
    const first = (await does('POST /v1/invitations', wish, 'invitation.created')).body as CreatedInvitation;
    await does('DELETE /v1/invitations/:id', { params: { id: first.id } }, 'invitation.revoked');
    const second = (await send('POST /v1/invitations', wish, ownersKey)).body as CreatedInvitation;
    const token = new URL(second.url).hash.slice(1);
    const accepted = await does(
      'POST /v1/invitations/accept',
      { json: { token, name: 'Grace', password: PASSWORD }, cookie: '' },
      'invitation.accepted',
    );
    assert.notEqual(cookieOf(accepted), '');
  });

  it('leaves out no route', () => {
    assert.deepEqual(
      CHANGING.filter((action) => !covered.has(action)),
      [],
    );
  });

  it('has no entry of a request that names nothing or says nothing', async () => {
    for (const action of CHANGING) {
      // It would end the key.
      if (action === 'DELETE /v1/session') continue;
      const [method] = action.split(' ');
      const left = await entriesOf(async () => {
        const { status } = await send(action, method === 'DELETE' ? {} : { json: { nonsense: 1 } }, ownersKey);
        assert.ok(status >= 400 && status < 500, `${action}: ${status}`);
      });
      assert.deepEqual(left, [], action);
    }
  });

  it('has no secrets in it', async () => {
    const { rows } = await service.stations.store.pool.query<{ text: string }>(
      `select string_agg(coalesce(before::text, '') || coalesce(after::text, ''), ' ') as text from audit_entries`,
    );
    assert.doesNotMatch(rows[0]?.text ?? '', /rlm_\w{8}_|whsec_|argon2|correct horse/);
  });
});
