import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, startService, type TestService } from '../support/service.ts';

describe('saved views', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ workers: 0 });
  });
  after(() => service.remove());

  const send = (method: string, path: string, body: unknown) =>
    ask(`${service.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('are kept across a restart, renamed, changed and deleted', async () => {
    const { client } = service;
    const saved = await client.saveView({ name: ' best re\u0301seaux ', page: 'runs', state: 'orderBy=valLoss' });
    const other = await client.saveView({ name: 'two', page: 'compare', state: 'runs=a,b' });
    assert.equal(saved.name, 'best r\u00E9seaux');
    await service.restart();
    assert.deepEqual(await client.views(), [saved, other]);
    assert.deepEqual(await client.views('compare'), [other]);
    const renamed = await client.patchView(saved.id, { name: 'best' });
    assert.deepEqual(renamed, { ...saved, name: 'best' });
    const changed = await client.patchView(saved.id, { state: 'orderBy=-r2' });
    assert.deepEqual(changed, { ...renamed, state: 'orderBy=-r2' });
    await client.deleteView(saved.id);
    assert.deepEqual(await client.views(), [other]);
    await assert.rejects(client.deleteView(saved.id), { code: 'VIEW_NOT_FOUND', status: 404 });
    await assert.rejects(client.patchView("view_'; drop", { name: 'x' }), { code: 'VIEW_NOT_FOUND', status: 404 });
  });

  it('are refused with the field that is wrong', async () => {
    const whole = { name: 'a', page: 'runs', state: '' };
    for (const [change, path] of [
      [{ name: ' ' }, 'name'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ page: 'docs' }, 'page'],
      [{ state: 'x'.repeat(8001) }, 'state'],
      [{ state: undefined }, 'state'],
      [{ owner: 'me' }, 'owner'],
    ] as const) {
      const answer = await send('POST', '/v1/views', { ...whole, ...change });
      assert.equal(answer.status, 400, JSON.stringify(change).slice(0, 60));
      const { error } = answer.body as { error: { code: string; details: { path: string }[] } };
      assert.deepEqual([answer.status, error.details[0]?.path], [400, path], JSON.stringify(change).slice(0, 40));
    }
  });
});
