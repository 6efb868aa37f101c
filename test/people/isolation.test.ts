/** Two projects with equal names never see one another's bytes, and what one may not see is missing in the same way. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RULES } from '../../src/people/rules.ts';
import { RelumineClient } from '../../src/client/index.ts';
import type { DatasetInfo, Project, Run, View } from '../../src/vocabulary/index.ts';
import { clientOf, keyOf, register } from '../support/people.ts';
import { ask, codeOf, rehearsed, startService, type TestService } from '../support/service.ts';

interface Side {
  /** Is in whatever the side stores, and nowhere else. */
  secret: string;
  project: Project;
  headers: Record<string, string>;
  client: RelumineClient;
  run: Run;
  dataset: DatasetInfo;
  view: View;
  /** Every id of the side. */
  ids: string[];
}

const NOTHING = '0'.repeat(26);

describe('two projects with equal names', () => {
  let service: TestService;
  let sides: [Side, Side];

  async function fill(name: string, secret: string, owner: Record<string, string>): Promise<Side> {
    const send = async <T>(path: string, json: unknown, headers: Record<string, string>): Promise<T> => {
      const answer = await ask(service.url + path, { json, headers });
      assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
      return answer.body as T;
    };
    const project = await send<Project>('/v1/projects', { name }, owner);
    const person = await register(service, `person of ${name}`);
    await send(`/v1/projects/${project.id}/members`, { person: person.id, role: 'admin' }, owner);
    const key = await keyOf(service, person);
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'the same key' };
    const inputs = [[0], [1]];
    const dataset = await send<DatasetInfo>(
      '/v1/datasets',
      { name: 'rows', inputs, targets: [0, 1], task: 'classification', classNames: ['no', secret] },
      headers,
    );
    const job = { name: 'a run', experiment: 'an experiment', tags: ['a'], notes: secret, metadata: { k: secret } };
    const run = await send<Run>('/v1/runs', { ...rehearsed(), ...job, dataset: { name: 'rows' } }, headers);
    assert.deepEqual([run.project, run.createdBy?.id, run.spec.dataset.id], [project.id, person.id, dataset.id]);
    const view = await send<View>('/v1/views', { name: 'a view', page: 'runs', state: `q=${secret}` }, headers);
    await send(`/v1/runs/${run.id}/comments`, { text: secret }, headers);
    await send('/v1/webhooks', { name: secret, url: 'https://example.org/', events: ['run.finished'] }, headers);
    const client = clientOf(service, key);
    const ids = [project.id, person.id, run.id, dataset.id!, view.id];
    return { secret, project, headers: { authorization: headers.authorization }, client, run, dataset, view, ids };
  }

  before(async () => {
    service = await startService({ workers: 0 });
    const owner = {
      authorization: `Bearer ${await keyOf(service, await register(service, 'Olga', { isOwner: true }))}`,
    };
    sides = [await fill('alpha', 'secret-of-alpha', owner), await fill('beta', 'secret-of-beta', owner)];
  });
  after(() => service.remove());

  /** Whatever the side can read without knowing an id of the other. */
  const LISTS = [
    '/v1/runs?limit=500&trials=include',
    '/v1/runs?format=csv',
    '/v1/runs?format=jsonl',
    '/v1/runs?q=secret',
    '/v1/runs?filter=notes%20contains%20%22secret%22%20or%20not%20name%20%3D%20%22x%22',
    '/v1/runs/groups?by=notes,metadata.k',
    '/v1/runs/groups?by=spec.dataset.id',
    '/v1/datasets',
    '/v1/datasets/rows',
    '/v1/datasets/rows/preview',
    '/v1/datasets/rows/versions',
    '/v1/views',
    '/v1/projects',
    '/v1/audit?limit=500',
    '/v1/audit?format=csv',
    '/v1/share-links',
    '/v1/webhooks',
    '/v1/me',
    '/v1/keys',
    '/v1/invitations',
    '/v1/experiments/an%20experiment/archive?data=true',
    '/metrics',
    '/openapi.json',
  ];

  it('lists, tables, archives and figures have nothing of the other', async () => {
    for (const [own, other] of [sides, sides.toReversed() as [Side, Side]] as const)
      for (const path of LISTS) {
        const response = await fetch(service.url + path, { headers: own.headers });
        const bytes = Buffer.from(await response.arrayBuffer());
        const isPacked = response.headers.get('content-type') === 'application/gzip';
        const text = (isPacked ? (await import('node:zlib')).gunzipSync(bytes) : bytes).toString('latin1');
        for (const hidden of [other.secret, ...other.ids]) assert.ok(!text.includes(hidden), `${path} has ${hidden}`);
        if (path.startsWith('/v1/runs?') || path.includes('archive')) assert.ok(text.includes(own.secret), path);
      }
  });

  it('pages go on within the own project, whatever cursor they are given', async () => {
    const [own, other] = sides;
    for (let i = 0; i < 3; i += 1) for (const { client } of sides) await client.submit(rehearsed({}, { name: `${i}` }));
    const first = await ask(`${service.url}/v1/runs?limit=1`, { headers: other.headers });
    const { nextCursor } = first.body as { nextCursor: string };
    const { body } = await ask(`${service.url}/v1/runs?limit=500&after=${encodeURIComponent(nextCursor)}`, {
      headers: own.headers,
    });
    const projects = (body as { data: Run[] }).data.map(({ project }) => project);
    assert.ok(projects.length > 0 && projects.every((id) => id === own.project.id));
  });

  it('answers for what it does not see as for what does not exist, after the same questions to the database', async (t) => {
    const [own, other] = sides;
    /** The questions about the thing; the service asks others at any time. */
    const asked: string[] = [];
    let id = '';
    const { pool } = service.stations.store;
    const query = pool.query.bind(pool) as (...values: unknown[]) => unknown;
    t.mock.method(pool, 'query', (...values: unknown[]) => {
      const text = JSON.stringify(values.slice(0, 2));
      if (text.includes(id)) asked.push(text.replaceAll(id, ''));
      return query(...values);
    });
    const things = {
      runs: other.run.id,
      datasets: other.dataset.id!,
      views: other.view.id,
      projects: other.project.id,
    };
    for (const action of Object.keys(RULES)) {
      const [method = '', url = ''] = action.split(' ');
      const hidden = things[url.split('/')[2] as keyof typeof things];
      if (!url.includes('/:id') || hidden === undefined) continue;
      const missing = hidden.replace(/_.*/, `_${NOTHING}`);
      const seen: unknown[] = [];
      for (id of [missing, hidden, missing, hidden]) {
        asked.length = 0;
        const answer = await ask(service.url + url.replace(':id', id).replace(/:\w+/g, 'x'), {
          ...(method === 'POST' || method === 'PATCH' ? { json: BODIES[action] ?? {} } : {}),
          method,
          headers: own.headers,
        });
        assert.equal(answer.status, 404, `${action}: ${JSON.stringify(answer.body)}`);
        seen.push({ body: JSON.stringify(answer.body).replaceAll(id, ''), asked: [...asked] });
      }
      assert.ok(asked.length > 0, `${action} asks the database`);
      assert.deepEqual(seen[1], seen[0], action);
      assert.deepEqual(seen[3], seen[2], action);
    }
  });

  it('a job cannot name what it does not see', async () => {
    const [own, other] = sides;
    const submit = async (more: object) =>
      ask(`${service.url}/v1/runs`, { json: { ...rehearsed(), ...more }, headers: own.headers });
    const missing = { dataset: `dataset_${NOTHING}`, parent: `run_${NOTHING}` };
    const alike = async (hidden: string, absent: string, job: (id: string) => object) => {
      const [one, two] = [await submit(job(hidden)), await submit(job(absent))];
      assert.ok(one.status === two.status && one.status >= 400, JSON.stringify(one.body));
      assert.equal(JSON.stringify(one.body).replaceAll(hidden, ''), JSON.stringify(two.body).replaceAll(absent, ''));
    };
    await alike(other.dataset.id!, missing.dataset, (id) => ({ dataset: { id } }));
    await alike(other.run.id, missing.parent, (parentId) => ({ parentId }));
    await alike('beta', 'gamma', (project) => ({ project }));
    await alike(other.project.id, `project_${NOTHING}`, (project) => ({ project }));
    const { body } = await ask(`${service.url}/v1/runs/${own.run.id}`, { headers: own.headers });
    assert.equal((body as Run).project, own.project.id);
    const moved = await ask(`${service.url}/v1/runs/${own.run.id}`, {
      method: 'PATCH',
      json: { project: other.project.id },
      headers: own.headers,
    });
    assert.deepEqual([moved.status, codeOf(moved)], [404, 'PROJECT_NOT_FOUND']);
  });

  it('an archive cannot reach what its importer does not see', async () => {
    const [own, other] = sides;
    // What somebody has exported names a data set that is in another project here.
    const archive = await fetch(`${service.url}/v1/experiments/an%20experiment/archive`, { headers: other.headers });
    const imported = await own.client.importArchive(await archive.blob());
    assert.equal(imported.project, own.project.id);
    const [{ to } = { to: '' }] = imported.runs;
    const copy = await own.client.get(to);
    assert.deepEqual([copy.project, copy.createdBy?.name], [own.project.id, 'person of alpha']);
    assert.notEqual(copy.spec.dataset.id, other.dataset.id);
    const samples = await ask(`${service.url}/v1/runs/${to}/samples`, { headers: own.headers });
    assert.equal(codeOf(samples), 'DATASET_NOT_FOUND');
    await own.client.delete(to);
  });

  it('a run that is moved takes its trials along, and leaves its share links', async () => {
    const { store } = service.stations;
    const [own, other] = sides;
    const { id, spec } = await own.client.submit(rehearsed());
    const begun = (await store.trials.begin(id, { task: 'classification', seeds: [1], pieces: [] }))!;
    const source = { kind: 'trained' as const, spec, progress: { epoch: 0, epochs: 1, step: 0, steps: 1 } };
    const part = (await store.runs.createTrial(source, { trialsId: begun.id, trial: 0 }))!;
    assert.equal(part.project, own.project.id);
    const { token } = await own.client.shareLinks.create({ kind: 'run', runs: [id] });
    const shared = new RelumineClient(service.url, { shareToken: token });
    assert.equal((await shared.get(id)).id, id);
    assert.equal(await store.runs.move(part.id, other.project.id), null, 'a trial is not moved alone');
    const heard = new Promise<void>((resolve) => {
      store.subscribe(({ type }) => (type === 'access' ? resolve() : undefined));
    });
    await store.runs.move(id, other.project.id);
    await heard;
    assert.deepEqual(
      [(await store.runs.get(id))?.project, (await store.runs.get(part.id))?.project],
      [other.project.id, other.project.id],
    );
    await assert.rejects(own.client.get(id), { code: 'RUN_NOT_FOUND' });
    await assert.rejects(shared.get(id), (error: { status?: number }) => [401, 404].includes(error.status ?? 0));
  });
});

/** Bodies without which a request is refused before anything is looked up. */
const BODIES: Record<string, unknown> = {
  'POST /v1/projects/:id/members': { person: 'Olga', role: 'viewer' },
  'POST /v1/runs/:id/comments': { text: 'x' },
  'PATCH /v1/runs/:id/comments/:comment': { text: 'x' },
};
