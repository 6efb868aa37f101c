import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { STORE_KINDS, withDatabase, withStore } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

type Labels = { name: string; tags: string[]; notes: string };

const create = async (store: Store, labels: Partial<Labels>): Promise<string> =>
  (await store.runs.create({ kind: 'trained', spec: jobSpec({ ...labels, experiment: 'e' }), progress: progressAt(0) }))
    .id;
const fold = (label: string): string => label.normalize('NFC').toLowerCase().replaceAll('\u001E', ' ');
const found = async (store: Store, q: string): Promise<string[]> =>
  (await store.runs.list({ q, limit: 500, orderBy: 'createdAt' })).data.map(({ id }) => id);

// Wildcards of SQL, what is between labels in the table, and letters with and without a case.
const piece = fc.constantFrom('a', 'B', 'ab', '%', '_', '\\', ' ', '7', 'É', 'ж', '\u001E', '\u001F', '日本', 'run');
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const labels = fc.record({
  name: text,
  notes: text,
  tags: fc.array(
    text.filter((tag) => tag !== ''),
    { maxLength: 2 },
  ),
});

for (const kind of STORE_KINDS) {
  test(`a search finds what any label contains, before and after labels change (${kind})`, () =>
    withStore(kind, async (store) => {
      const held: (Labels & { id: string })[] = [];
      const check = async (q: string): Promise<void> => {
        const wanted = held.filter(({ name, notes, tags }) =>
          [name, notes, ...tags].some((label) => fold(label).includes(fold(q))),
        );
        assert.deepEqual((await found(store, q)).toSorted(), wanted.map(({ id }) => id).toSorted(), JSON.stringify(q));
      };
      // What no word of a spec contains, nor two labels together.
      const sought = text.filter((q) => !q.includes('\u001F') && /[%_\\Éж日]/.test(q));
      await fc.assert(
        fc.asyncProperty(
          labels,
          labels,
          fc.array(sought, { minLength: 1, maxLength: 4 }),
          async (first, later, wanted) => {
            const id = await create(store, first);
            const run = { ...first, id };
            held.push(run);
            for (const q of wanted) await check(q);
            Object.assign(run, later);
            await store.runs.patch(id, later);
            for (const q of wanted) await check(q);
          },
        ),
        { numRuns: 25, seed: 1 },
      );
    }));

  test(`texts are made anew where they were made by other rules (${kind})`, () =>
    withDatabase(kind, async (database) => {
      const first = await openStore(database);
      const id = await create(first, { name: 'Made Before' });
      await first.pool.query(`update run_labels set text = 'other'; comment on table run_labels is 'other rules'`);
      assert.deepEqual(await found(first, 'made before'), []);
      await first.close();
      const second = await openStore(database);
      assert.deepEqual(await found(second, 'made before'), [id]);
      await second.close();
    }));

  test(`a run that a process of an earlier version created is found from the next start on (${kind})`, () =>
    withDatabase(kind, async (database) => {
      const first = await openStore(database);
      const ids = [await create(first, { name: 'forgotten' }), await create(first, { name: 'not forgotten' })];
      await first.pool.query('delete from run_labels where run_id = $1', [ids[0]]);
      await first.pool.query('delete from run_specs where run_id = $1', [ids[0]]);
      assert.deepEqual(await found(first, 'forgotten'), [ids[1]]);
      await first.close();
      const second = await openStore(database);
      assert.deepEqual(await found(second, 'forgotten'), ids);
      const filter = 'spec.training.seed >= 0';
      assert.equal((await second.runs.list({ filter, limit: 10 })).data.length, 2);
      await second.close();
    }));
}

test('who may not use the extension for parts of texts is told so, and searches all the same', () =>
  withDatabase('server', async ({ databaseUrl, dataDir }) => {
    const admin = new pg.Pool({ connectionString: databaseUrl ?? '' });
    const url = new URL(databaseUrl ?? '');
    const role = `limited_${url.pathname.slice(1)}`;
    await admin.query(
      `create role ${role} login; grant create, usage on schema public to ${role}; revoke create on database ${url.pathname.slice(1)} from ${role}`,
    );
    url.username = role;
    const warnings: string[] = [];
    const logger = {
      info: () => undefined,
      warn: (_: object, sentence: string) => void warnings.push(sentence),
      error: () => undefined,
    };
    const store = await openStore({ databaseUrl: url.href, dataDir, logger });
    try {
      assert.equal(warnings.filter((sentence) => sentence.includes('pg_trgm')).length, 1, warnings.join('\n'));
      const id = await create(store, { name: 'Without an index' });
      assert.deepEqual(await found(store, 'without an'), [id]);
    } finally {
      await store.close();
    }
    // Somebody else has created it since, in a schema of its own.
    await admin.query('create schema extensions; create extension pg_trgm schema extensions');
    await admin.query(`grant usage on schema extensions to ${role}`);
    await admin.end();
    const later = await openStore({ databaseUrl: url.href, dataDir, logger });
    const { rows } = await later.pool.query(`select from pg_indexes where indexname = 'run_labels_text_idx'`);
    await later.close();
    assert.equal(rows.length, 1);
  }));
