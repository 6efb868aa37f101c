import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Run, RunGroups, Summary } from '../../src/vocabulary/index.ts';
import type { GroupQuery, Store } from '../../src/store/store.ts';
import { inTransaction } from '../../src/store/postgres/database.ts';
import { describeStores, withDatabase } from '../support/database.ts';
import { openStore } from '../../src/store/open-store.ts';
import { heldRun, jobSpec, progressAt } from '../support/runs.ts';

type Change =
  | { type: 'create'; name: string; loss: number | null; status: 'queued' | 'running' | 'succeeded' | 'failed' }
  | { type: 'end' | 'delete' | 'report'; index: number }
  | { type: 'patch'; index: number; name: string };

const name = fc.constantFrom('a', 'b', 'c');
const index = fc.nat(20);
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('create' as const),
      name,
      loss: fc.option(fc.constantFrom(-1, 0, 0.1, 0.3, 1e6), { freq: 4 }),
      status: fc.constantFrom('queued', 'running', 'succeeded', 'failed'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('end' as const, 'delete' as const, 'report' as const), index }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('patch' as const), index, name }) },
);

/** The groups of these runs by name, from scratch. */
function groupsOf(runs: readonly Run[]): Record<string, unknown> {
  const groups: Record<string, unknown> = {};
  for (const key of new Set(runs.map((run) => run.name))) {
    const members = runs.filter((run) => run.name === key);
    const losses = members.flatMap(({ summary }) => (typeof summary.valLoss === 'number' ? [summary.valLoss] : []));
    const n = losses.length;
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / n;
    const squares = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
    groups[key] = {
      count: members.length,
      ...(n > 0 && {
        n,
        mean,
        std: n > 1 ? Math.sqrt(squares / (n - 1)) : null,
        min: Math.min(...losses),
        max: Math.max(...losses),
      }),
    };
  }
  return groups;
}

const plain = ({ data }: RunGroups): Record<string, unknown> =>
  Object.fromEntries(data.map(({ by, count, summary }) => [String(by['name']), { count, ...summary.valLoss }]));

/** The last digits depend on what was added to what. */
const rounded = (groups: Record<string, unknown>): unknown =>
  JSON.parse(JSON.stringify(groups), (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(9)) : value,
  );
const sorted = (groups: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(groups).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const byName = async (store: Store): Promise<unknown> =>
  plain(await store.runs.groups({ by: ['name'], keys: ['valLoss'], limit: 5 }));

async function make(store: Store, { name: label, loss, status }: Extract<Change, { type: 'create' }>): Promise<Run> {
  const spec = jobSpec({ name: label, experiment: 'grouped' });
  const summary: Summary = loss === null ? {} : { valLoss: loss };
  const { id } = await store.runs.create({ kind: 'trained', spec, progress: progressAt(0) });
  if (status !== 'queued') await store.runs.transition(id, { from: ['queued'], to: status, summary });
  return (await store.runs.get(id))!;
}

async function apply(store: Store, runs: Run[], made: Change): Promise<void> {
  if (made.type === 'create') {
    runs.push(await make(store, made));
    return;
  }
  const at = made.index % Math.max(1, runs.length);
  const run = runs[at];
  if (!run) return;
  switch (made.type) {
    case 'delete':
      await store.runs.delete(run.id);
      runs.splice(at, 1);
      return;
    case 'patch':
      await store.runs.patch(run.id, { name: made.name });
      break;
    case 'end':
      await store.runs.transition(run.id, { from: ['queued', 'running'], to: 'succeeded' });
      break;
    case 'report':
      await store.runs.transition(run.id, { from: ['running'], to: 'running', summary: { valLoss: 2 } });
  }
  runs[at] = (await store.runs.get(run.id))!;
}

describeStores((store, kind) => {
  // Every run matches, so that it is not asked for the ids of few first.
  const query: GroupQuery = { by: ['name'], keys: ['valLoss'], filter: 'experiment != "x"', limit: 50 };

  test('groups are those of the runs as they are, after any changes and between them', async () => {
    const runs: Run[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        for (const made of changes) {
          await apply(store(), runs, made);
          const groups = await store().runs.groups(query);
          assert.deepEqual(rounded(sorted(plain(groups))), rounded(sorted(groupsOf(runs))), JSON.stringify(made));
          assert.deepEqual(
            groups.data.map(({ count }) => count),
            groups.data.map(({ count }) => count).toSorted((a, b) => b - a),
          );
        }
      }),
      { numRuns: 10, seed: 3 },
    );
    assert.ok(runs.length > 5);
  });

  test('whatever may change groups of runs that have ended is noted, and what runs report is not', async () => {
    const { pool, runs, projects } = store();
    const newest = async (): Promise<number> =>
      (await pool.query<{ id: number }>('select coalesce(max(id), 0)::int as id from run_edits')).rows[0]!.id;
    const noted = async (work: () => Promise<unknown>): Promise<boolean> => {
      const before = await newest();
      await work();
      return (await newest()) > before;
    };
    const run = await make(store(), { type: 'create', name: 'noted', loss: 1, status: 'succeeded' });
    const { id: project } = await projects.create(`another ${kind}`);
    assert.ok(await noted(() => runs.patch(run.id, { tags: ['new'] })));
    assert.ok(await noted(() => runs.move(run.id, project)));
    assert.ok(await noted(() => runs.delete(run.id)));
    assert.ok(
      !(await noted(async () => {
        const { runId, attempt } = await heldRun(store(), jobSpec());
        await store().log.append({ runId, attempt }, [], { summary: { loss: 1 }, progress: progressAt(1) });
        await store().log.append({ runId, attempt }, [], { to: 'succeeded' });
      })),
    );
  });

  test('more groups than are kept are all there', async () => {
    const { pool } = store();
    await pool.query(`insert into runs (id, name, experiment, tags, notes, metadata, spec, progress, status, created_at)
      select 'run_' || lpad(i::text, 26, '0'), '', 'many', '{}', '', '{}', '{}', '{}', 'succeeded', now() from generate_series(1, 400) i`);
    await pool.query(`insert into run_figures (run_id, loss) select id, 1 from runs where experiment = 'many'`);
    for (let read = 0; read < 2; read += 1) {
      const { data, hasMore } = await store().runs.groups({ by: ['id'], filter: 'experiment != "x"', limit: 300 });
      assert.equal(new Set(data.map(({ by }) => by['id'])).size, 300);
      assert.ok(hasMore);
    }
  });
});

test('a run that ends in a transaction which is open while groups are read counts when it is committed', () =>
  withDatabase('server', async (database) => {
    const [one, two] = [await openStore(database), await openStore(database)];
    try {
      await make(one, { type: 'create', name: 'a', loss: 1, status: 'succeeded' });
      const slow = await heldRun(one, jobSpec({ name: 'a' }));
      const alone = { a: { count: 2, n: 1, mean: 1, std: null, min: 1, max: 1 } };
      const both = { a: { count: 2, n: 2, mean: 2, std: Math.SQRT2, min: 1, max: 3 } };
      const label = await make(one, { type: 'create', name: 'b', loss: null, status: 'succeeded' });
      await inTransaction(one.pool, async (client) => {
        await client.query(
          `with ended as (update runs set status = 'succeeded', summary = '{"valLoss": 3}', finished_at = now() where id = $1 returning id)
            insert into run_figures (run_id, val_loss) select id, 3 from ended`,
          [slow.runId],
        );
        await client.query(`update runs set name = 'c' where id = $1`, [label.id]);
        // What others begin and end meanwhile is newer than the open transaction.
        await make(two, { type: 'create', name: 'd', loss: null, status: 'succeeded' });
        for (const store of [one, two])
          assert.deepEqual(await byName(store), { ...alone, b: { count: 1 }, d: { count: 1 } });
      });
      for (const store of [one, two])
        assert.deepEqual(await byName(store), { ...both, c: { count: 1 }, d: { count: 1 } });
    } finally {
      await one.close();
      await two.close();
    }
  }));
