import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { buildApp } from '../../src/app.ts';
import { RelumineClient } from '../../src/client/index.ts';
import { RULES, SHARED_ACTIONS } from '../../src/people/rules.ts';
import type { CreatedShareLink, List, Person, Run, ShareLink } from '../../src/vocabulary/index.ts';
import { clientOf, keyOf, register } from '../support/people.ts';
import { ask, codeOf, ended, rehearsed, startService, type Answer, type TestService } from '../support/service.ts';

describe('a share link', () => {
  let service: TestService;
  let member: RelumineClient;
  let ada: Person;
  let key: string;
  let run: Run;
  let other: Run;
  before(async () => {
    service = await startService();
    await register(service, 'Olga', { isOwner: true });
    ada = await register(service, 'Ada');
    await service.stations.store.projects.setMember('default', ada.id, 'member');
    key = await keyOf(service, ada);
    member = clientOf(service, key);
    const inline = { dataset: { inputs: [[0], [1]], targets: [[0], [1]], task: 'regression' as const } };
    run = await member.submit(rehearsed({}, { ...inline, name: 'shown' }));
    other = await member.submit(rehearsed({}, { name: 'secret' }));
    for (const { id } of [run, other]) await ended({ ...service, client: member }, id);
  });
  after(() => service.remove());

  const share = (kind: ShareLink['kind'], runs: string[], more: object = {}) =>
    member.shareLinks.create({ kind, runs, ...more });
  const by = ({ token }: Pick<CreatedShareLink, 'token'>) => new RelumineClient(service.url, { shareToken: token });
  const get = (path: string, token: string, init: Parameters<typeof ask>[1] = {}): Promise<Answer> =>
    ask(service.url + path, { ...init, headers: { authorization: `Bearer rls_${token}` } });

  it('shows its run without the data, and nothing else', async () => {
    const link = await share('run', [run.id]);
    assert.equal(link.url, `${service.url}/shared/${link.token}`);
    const shown = by(link);
    assert.deepEqual(await shown.shareLinks.current(), {
      object: 'sharedThing',
      kind: 'run',
      runs: [run.id],
      expiresAt: link.expiresAt,
    });
    const seen = await shown.get(run.id);
    assert.deepEqual([seen.name, seen.createdBy, seen.spec.dataset.inputs], ['shown', null, undefined]);
    const listed: Run[] = [];
    for await (const one of shown.list()) listed.push(one);
    assert.deepEqual(
      listed.map(({ id, spec }) => [id, spec.dataset.inputs]),
      [[run.id, undefined]],
    );
    const messages: string[] = [];
    for await (const { type } of shown.watch(run.id)) messages.push(type);
    assert.equal(messages.at(-1), 'status');

    await assert.rejects(shown.get(other.id), { status: 404, code: 'RUN_NOT_FOUND' });
    const [hidden, missing] = [await get(`/v1/runs/${other.id}`, link.token), await get('/v1/runs/run_x', link.token)];
    assert.equal(
      JSON.stringify(hidden.body).replaceAll(other.id, ''),
      JSON.stringify(missing.body).replaceAll('run_x', ''),
    );
    assert.equal((await ask(`${service.url}/v1/runs/${run.id}`)).status, 401);
  });

  it('may only read what a run has reported', async () => {
    const { token } = await share('run', [run.id]);
    for (const action of Object.keys(RULES)) {
      const [method = '', url = ''] = action.split(' ');
      if (!service.app.hasRoute({ method, url })) continue;
      if (SHARED_ACTIONS.has(action) || RULES[action as keyof typeof RULES] === 'public') continue;
      const path = url.replace(':id', run.id).replace(/:\w+/, 'x');
      const answer = await get(
        path,
        token,
        method === 'GET' || method === 'DELETE' ? { method } : { method, json: {} },
      );
      assert.deepEqual([answer.status, codeOf(answer)], [403, 'FORBIDDEN'], action);
    }
  });

  it('shows several runs, or trials with all of their runs', async () => {
    const both = await share('comparison', [run.id, other.id]);
    assert.deepEqual((await by(both).shareLinks.current()).runs, [run.id, other.id]);
    assert.equal((await by(both).get(other.id)).name, 'secret');

    const { store } = service.stations;
    const trials = await store.trials.begin(run.id, { task: 'regression', seeds: [1], pieces: [] });
    const progress = { epoch: 0, epochs: 1, step: 0, steps: 1 };
    const part = await store.runs.createTrial(
      { kind: 'trained', spec: run.spec, progress, parent: { id: run.id, change: [] } },
      { trialsId: trials!.id, trial: 0 },
    );
    const tried = await share('trials', [run.id]);
    assert.deepEqual((await by(tried).shareLinks.current()).runs, [run.id]);
    assert.equal((await by(tried).get(part!.id)).id, part!.id);
    await assert.rejects(by(await share('run', [run.id])).get(part!.id), { code: 'RUN_NOT_FOUND' });
  });

  it('is listed without its secret, for one run or a project', async () => {
    const link = await share('run', [other.id]);
    const { data } = (
      await ask(`${service.url}/v1/share-links?run=${other.id}&project=default`, {
        headers: { authorization: `Bearer ${key}` },
      })
    ).body as List<ShareLink>;
    const { token, url: _url, ...known } = link;
    assert.deepEqual(
      data.find(({ id }) => id === link.id),
      known,
    );
    assert.ok(data.every(({ runs }) => runs.includes(other.id)));
    assert.ok(!JSON.stringify(data).includes(token));
    assert.deepEqual(link.createdBy, { id: ada.id, name: 'Ada' });
    // Nor is it anywhere in the database.
    const { store } = service.stations;
    const { rows } = await store.pool.query<{ dump: string }>(
      `select (select json_agg(s) from share_links s)::text || (select json_agg(a) from audit_entries a)::text
        || coalesce((select json_agg(w) from answers w)::text, '') as dump`,
    );
    assert.ok(rows[0]?.dump.includes(link.id) && !rows[0].dump.includes(token));
  });

  it('is in no line of the log', async () => {
    const { token } = await share('run', [run.id]);
    const lines: string[] = [];
    const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
    const config = { host: '127.0.0.1', allowedHosts: [], corsOrigins: [] };
    const app = await buildApp({ config, stations: service.stations, logger });
    try {
      for (const url of [`/shared/${token}`, `/embed/${token}?panel=loss`, `/shared/${token}/x`, `/embed/${token}%zz`])
        await app.inject({ url, headers: { accept: 'text/html' } });
      const headers = { authorization: `Bearer rls_${token}` };
      for (const url of ['/v1/share-links/current', `/v1/runs/${other.id}`]) await app.inject({ url, headers });
    } finally {
      await app.close();
    }
    assert.ok(lines.length >= 6, `${lines.length} lines`);
    assert.deepEqual(
      lines.filter((line) => line.includes(token)),
      [],
    );
  });

  it('is not kept for a repeated request', async () => {
    const init = {
      json: { kind: 'run', runs: [run.id] },
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': 'share' },
    };
    const [first, second] = [
      await ask(`${service.url}/v1/share-links`, init),
      await ask(`${service.url}/v1/share-links`, init),
    ];
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.notEqual((first.body as CreatedShareLink).token, (second.body as CreatedShareLink).token);
  });

  it('is refused for what is wrong with it', async () => {
    const stranger = clientOf(service, await keyOf(service, await register(service, 'Stranger')));
    const viewer = await register(service, 'Vera');
    await service.stations.store.projects.setMember('default', viewer.id, 'viewer');
    const asViewer = clientOf(service, await keyOf(service, viewer));
    await assert.rejects(stranger.shareLinks.create({ kind: 'run', runs: [run.id] }), { code: 'RUN_NOT_FOUND' });
    await assert.rejects(asViewer.shareLinks.create({ kind: 'run', runs: [run.id] }), { code: 'FORBIDDEN' });
    for (const [body, path] of [
      [{ kind: 'run', runs: [] }, 'runs'],
      [{ kind: 'run', runs: [run.id, other.id] }, 'runs'],
      [{ kind: 'study', runs: [run.id] }, 'kind'],
      [{ kind: 'run', runs: [run.id], expiresAt: '2020-01-01' }, 'expiresAt'],
      [{ kind: 'run', runs: [run.id], expiresAt: 'soon' }, 'expiresAt'],
      [{ kind: 'run', runs: [run.id], token: 'mine' }, 'token'],
    ] as const) {
      const answer = await ask(`${service.url}/v1/share-links`, {
        json: body,
        headers: { authorization: `Bearer ${key}` },
      });
      const { error } = answer.body as { error: { details: { path: string }[] } };
      assert.deepEqual([answer.status, error.details[0]?.path], [400, path], JSON.stringify(body));
    }
  });

  it('ends when it is revoked or has expired', async () => {
    const revoked = await share('run', [run.id]);
    const expiring = await share('run', [run.id]);
    const forever = await share('run', [run.id], { expiresAt: null });
    assert.equal(forever.expiresAt, null);
    for (const link of [revoked, expiring, forever]) assert.equal((await by(link).get(run.id)).id, run.id);
    await member.shareLinks.revoke(revoked.id);
    const { store } = service.stations;
    await store.pool.query(`update share_links set expires_at = now() - interval '1 ms' where id = $1`, [expiring.id]);
    await store.publish({ type: 'access' });
    await new Promise(setImmediate);
    for (const link of [revoked, expiring])
      await assert.rejects(by(link).get(run.id), { status: 401, code: 'UNAUTHENTICATED' });
    await assert.rejects(member.shareLinks.revoke(revoked.id), { status: 404, code: 'SHARE_LINK_NOT_FOUND' });
    assert.equal((await by(forever).get(run.id)).id, run.id);
  });

  it('shows nothing that was moved to another project or deleted', async () => {
    const { projects } = service.stations.store;
    const elsewhere = await projects.create('elsewhere');
    await projects.setMember(elsewhere.id, ada.id, 'member');
    const moving = await member.submit(rehearsed());
    const gone = await member.submit(rehearsed());
    const link = await share('comparison', [moving.id, gone.id, run.id]);
    await member.patch(moving.id, { project: elsewhere.id });
    await member.delete(gone.id);
    assert.deepEqual((await by(link).shareLinks.current()).runs, [run.id]);
    await assert.rejects(by(link).get(moving.id), { code: 'RUN_NOT_FOUND' });
  });

  it('works where nobody is registered', async () => {
    const open = await startService({ workers: 0 });
    try {
      const [mine, hidden] = [await open.client.submit(rehearsed()), await open.client.submit(rehearsed())];
      const link = await open.client.shareLinks.create({ kind: 'run', runs: [mine.id] });
      const shown = new RelumineClient(open.url, { shareToken: link.token });
      assert.equal((await shown.get(mine.id)).id, mine.id);
      await assert.rejects(shown.get(hidden.id), { code: 'RUN_NOT_FOUND' });
      await open.client.shareLinks.revoke(link.id);
      await assert.rejects(shown.get(mine.id), { code: 'UNAUTHENTICATED' });
    } finally {
      await open.remove();
    }
  });
});
