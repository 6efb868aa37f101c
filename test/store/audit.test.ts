import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeStores } from '../support/database.ts';
import type { NewAuditEntry } from '../../src/store/store.ts';

const entry = (change: Partial<NewAuditEntry>): NewAuditEntry => ({
  person: null,
  via: 'open',
  keyId: null,
  address: '127.0.0.1',
  action: 'run.deleted',
  project: null,
  objectId: 'run_1',
  before: null,
  after: null,
  ...change,
});

describeStores((store) => {
  it('keeps entries as they were given, the newest first', async () => {
    const person = { id: 'person_1', name: 'Ada' };
    await store().audit.add(entry({ objectId: 'first', before: { name: 'a\0b' }, project: 'p' }));
    await store().audit.add(entry({ objectId: 'second', person, via: 'key', keyId: 'key_1', after: { tags: ['x'] } }));
    const { data } = await store().audit.list({ projects: null, limit: 10 });
    const [second, first] = data;
    assert.deepEqual(
      [second?.objectId, second?.person, second?.via, second?.keyId, second?.after],
      ['second', person, 'key', 'key_1', { tags: ['x'] }],
    );
    assert.deepEqual([first?.objectId, first?.objectType, first?.person], ['first', 'run', null]);
    assert.deepEqual([first?.project, first?.before, first?.after], ['p', { name: 'a\uFFFDb' }, null]);
  });

  it('selects by project, person, action, object and time, and reads in pages', async () => {
    const ada = { id: 'person_ada', name: 'Ada the first' };
    for (let i = 0; i < 5; i += 1)
      await store().audit.add(
        entry({ objectId: `paged_${i}`, project: i % 2 === 0 ? 'even' : 'odd', person: ada, action: 'view.created' }),
      );
    const all = async (selection: object) => {
      const ids: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await store().audit.list({
          projects: null,
          person: ada.id,
          limit: 2,
          ...selection,
          ...(after !== undefined && { after }),
        });
        ids.push(...page.data.map(({ objectId }) => objectId));
        assert.equal(page.hasMore, page.nextCursor !== null);
        if (page.nextCursor === null) return ids;
        after = page.nextCursor;
      }
    };
    assert.deepEqual(await all({}), ['paged_4', 'paged_3', 'paged_2', 'paged_1', 'paged_0']);
    assert.deepEqual(await all({ projects: ['odd', 'none'] }), ['paged_3', 'paged_1']);
    assert.deepEqual(await all({ projects: [] }), []);
    assert.deepEqual(await all({ person: ada.name, objectId: 'paged_2' }), ['paged_2']);
    assert.deepEqual(await all({ actions: ['run.deleted'] }), []);
    const { data } = await store().audit.list({ projects: null, objectId: 'paged_2', limit: 1 });
    const at = new Date(data[0]!.at);
    const since = await all({ from: at });
    const before = await all({ to: at });
    assert.ok(since.includes('paged_2') && !before.includes('paged_2'));
    assert.equal(since.length + before.length, 5);
  });

  it('refuses what is not a cursor', async () => {
    for (const after of ['', 'x', "audit_'; drop", 'run_01jz6f5m7s'])
      await assert.rejects(store().audit.list({ projects: null, limit: 1, after }), { code: 'INVALID_REQUEST' });
  });
});
