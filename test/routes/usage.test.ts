/** Limits of projects and people, and what is used of them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RelumineClient } from '../../src/client/index.ts';
import type { Person, Usage } from '../../src/vocabulary/index.ts';
import { clientOf, keyOf, register } from '../support/people.ts';
import { ask, codeOf, rehearsed, startService, type TestService } from '../support/service.ts';

const used = ({ limits }: Usage) =>
  Object.fromEntries(Object.entries(limits).map(([key, { used: amount, limit }]) => [key, [amount, limit]]));

describe('limits', () => {
  let service: TestService;
  let owner: RelumineClient;
  let ada: RelumineClient;
  let adaPerson: Person;
  let adaKey: string;
  before(async () => {
    service = await startService({ workers: 0 });
    owner = clientOf(service, await keyOf(service, await register(service, 'Owner', { isOwner: true })));
    adaPerson = await register(service, 'Ada');
    adaKey = await keyOf(service, adaPerson);
    ada = clientOf(service, adaKey);
  });
  after(() => service.remove());

  const project = async (name: string) => {
    const { id } = await owner.projects.create({ name });
    await owner.projects.setMember(id, { person: 'Ada', role: 'admin' });
    return id;
  };

  it('of waiting runs refuse what is too much, and say so', async () => {
    const id = await project('queue');
    await owner.projects.patch(id, { limits: { queuedRuns: 2, concurrentRuns: 7 } });
    const runs = [];
    for (let i = 0; i < 2; i++) runs.push(await ada.submit({ ...rehearsed(), project: id }));
    await assert.rejects(ada.submit({ ...rehearsed(), project: id }), {
      code: 'LIMIT_REACHED',
      status: 429,
      message: /The project has 2 runs waiting, and the limit is 2\./,
    });
    const usage = used(await ada.projects.usage(id));
    assert.deepEqual(
      [usage['queuedRuns'], usage['concurrentRuns']],
      [
        [2, 2],
        [0, 7],
      ],
    );
    await ada.cancel(runs[0]!.id);
    await ada.submit({ ...rehearsed(), project: id });
    // The other project has none.
    await ada.submit({ ...rehearsed(), project: await project('other queue') });
  });

  it('of a person count all projects', async () => {
    const ids = [await project('one'), await project('two')];
    const { limits } = await ada.session.limits();
    await owner.people.patch(adaPerson.id, { limits: { queuedRuns: limits.queuedRuns.used + 1 } });
    await ada.submit({ ...rehearsed(), project: ids[0]! });
    await assert.rejects(ada.submit({ ...rehearsed(), project: ids[1]! }), {
      code: 'LIMIT_REACHED',
      message: /You have \d+ runs waiting/,
    });
    const now = await ada.session.limits();
    assert.equal(now.limits.queuedRuns.used, now.limits.queuedRuns.limit);
    await owner.people.patch(adaPerson.id, { limits: {} });
    await ada.submit({ ...rehearsed(), project: ids[1]! });
  });

  it('of stored bytes refuse runs and data', async () => {
    const id = await project('bytes');
    const rows = {
      name: 'rows',
      inputs: Array.from({ length: 200 }, (_, i) => [i]),
      targets: Array(200).fill(0.5),
      task: 'regression',
    };
    const upload = () =>
      ask(`${service.url}/v1/datasets?project=${id}`, { json: rows, headers: { authorization: `Bearer ${adaKey}` } });
    assert.equal((await upload()).status, 201);
    const { storageBytes } = (await ada.projects.usage(id)).limits;
    assert.ok(storageBytes.used > 0, `${storageBytes.used} bytes`);
    assert.equal(storageBytes.limit, null);
    await owner.projects.patch(id, { limits: { storageBytes: storageBytes.used } });
    const refused = await upload();
    assert.deepEqual([refused.status, codeOf(refused)], [429, 'LIMIT_REACHED']);
    const csv = await ask(`${service.url}/v1/datasets?project=${id}`, {
      method: 'POST',
      body: 'a,b\n1,2\n',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${adaKey}` },
    });
    assert.equal(codeOf(csv), 'LIMIT_REACHED');
    await assert.rejects(ada.submit({ ...rehearsed(), project: id }), {
      code: 'LIMIT_REACHED',
      message: /The project has \d.* stored, and the limit is/,
    });
    await owner.projects.patch(id, { limits: { storageBytes: null } });
    assert.equal((await upload()).status, 201);
  });

  it('are changed by owners only', async () => {
    const id = await project('mine');
    await assert.rejects(ada.projects.patch(id, { limits: { queuedRuns: 1000 } }), { code: 'FORBIDDEN', status: 403 });
    await ada.projects.patch(id, { retention: { snapshots: 3 } });
    await assert.rejects(ada.people.patch(adaPerson.id, { limits: {} }), { code: 'FORBIDDEN' });
    const stranger = clientOf(service, await keyOf(service, await register(service, 'Stranger')));
    await assert.rejects(stranger.projects.usage(id), { code: 'PROJECT_NOT_FOUND', status: 404 });
    for (const limits of [{ queuedRuns: -1 }, { queuedRuns: 1.5 }, { cores: 3 }])
      await assert.rejects(owner.projects.patch(id, { limits }), { code: 'INVALID_REQUEST' });
  });
});
