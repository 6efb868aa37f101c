import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AuditEntry, List, Run } from '../../src/vocabulary/index.ts';
import { ask, ended, rehearsed, startService, type TestService } from '../support/service.ts';

describe('the audit log', () => {
  let service: TestService;
  before(async () => {
    service = await startService();
  });
  after(() => service.remove());

  const entries = async (query = '') => ((await ask(`${service.url}/v1/audit${query}`)).body as List<AuditEntry>).data;

  const count = async () => (await entries('?limit=500')).length;

  it('says what was done to a run, with its fields before and after', async () => {
    const run = await service.client.submit(rehearsed({}, { name: 'watched', tags: ['a'] }));
    await ended(service, run.id);
    await service.client.patch(run.id, { tags: ['b'], notes: 'x'.repeat(2000) });
    await service.client.delete(run.id);
    const [deleted, changed, created] = await entries(`?objectId=${run.id}`);
    assert.deepEqual(
      [created, changed, deleted].map((entry) => [entry?.action, entry?.via, entry?.address, entry?.person]),
      ['run.created', 'run.changed', 'run.deleted'].map((action) => [action, 'open', '127.0.0.1', null]),
    );
    assert.deepEqual(created?.after, { name: 'watched', experiment: '', status: 'queued', dataset: 'xor' });
    assert.deepEqual(changed?.before, { tags: ['a'], notes: '' });
    assert.deepEqual(changed?.after, { tags: ['b'], notes: `${'x'.repeat(500)}…` });
    assert.equal(deleted?.before?.['status'], 'succeeded');
  });

  it('has one entry for a request that is repeated with its key, and none for one that fails', async () => {
    const before = await count();
    const submit = () => service.client.submit(rehearsed(), { idempotencyKey: 'audited' });
    const [first, second] = [await submit(), await submit()];
    assert.equal(first.id, second.id);
    assert.equal(await count(), before + 1);
    await ended(service, first.id);
    for (const [method, path, json] of [
      ['POST', '/v1/runs', { dataset: { name: 'nothing' } }],
      ['POST', '/v1/runs?validateOnly=true', rehearsed()],
      ['POST', `/v1/runs/${first.id}/pause`, {}],
      ['PATCH', `/v1/runs/${first.id}`, { tags: 7 }],
      ['DELETE', '/v1/runs/run_nothing', undefined],
      ['DELETE', '/v1/datasets/mnist', undefined],
      ['DELETE', '/v1/views/view_nothing', undefined],
    ] as const)
      await ask(service.url + path, json === undefined ? { method } : { method, json });
    assert.equal(await count(), before + 1);
  });

  it('is a table too, as CSV or JSON Lines', async () => {
    const run: Run = await service.client.submit(rehearsed({}, { name: '=1+1, "quoted"' }));
    await ended(service, run.id);
    const csv = await (await fetch(`${service.url}/v1/audit?format=csv&objectId=${run.id}`)).text();
    const [head, row] = csv.split('\r\n');
    assert.equal(head, 'id,at,person.id,person.name,via,keyId,address,action,project,objectType,objectId,before,after');
    assert.ok(row?.includes(`run.created,`) && row.includes(`,run,${run.id},`), row);
    const lines = await (await fetch(`${service.url}/v1/audit?format=jsonl`)).text();
    const all = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { objectId: string });
    assert.equal(all.length, (await entries('?limit=500')).length);
    assert.equal(all.find(({ objectId }) => objectId === run.id)?.objectId, run.id);
  });

  it('refuses filters that mean nothing', async () => {
    for (const [query, path] of [
      ['from=yesterday', 'from'],
      ['to=2026-13-40', 'to'],
      ['action=run.eaten', 'action[0]'],
      ['after=abc', 'after'],
      ['format=csv&after=abc', 'after'],
      ['limit=0', 'limit'],
    ]) {
      const { status, body } = await ask(`${service.url}/v1/audit?${query}`);
      const { error } = body as { error: { details: { path: string }[] } };
      assert.deepEqual([status, error.details[0]?.path], [400, path], query);
    }
  });
});
