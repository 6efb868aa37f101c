import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFinal, SUMMARY_KEYS, type Run, type Summary } from '../../src/vocabulary/index.ts';
import { listStatement } from '../../src/store/runs/run-list.ts';
import type { RunQuery } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();
const value = fc.option(fc.constantFrom(-1, 0, 0.25, 0.5, 1e9), { freq: 3 });

const SELECTIONS: readonly Pick<RunQuery, 'status' | 'filter'>[] = [
  {},
  { status: ['succeeded', 'running'] },
  { filter: 'valLoss > 0 or finishedAt != null' },
];

describeStores((store, kind) => {
  test('every figure of a summary has a column', async () => {
    const { rows } = await store().pool.query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_name = 'run_figures' and data_type = 'double precision'`,
    );
    assert.deepEqual(rows.map(({ name }) => plain(name)).toSorted(), SUMMARY_KEYS.map(plain).toSorted());
  });

  test('sorted lists have every run once, in order, whether it has ended or not and has the value or not', async () => {
    const experiment = 'sorted';
    const made: Run[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ loss: value, lr: fc.constantFrom(0.1, 0.01), end: fc.boolean() }), { maxLength: 12 }),
        async (runs) => {
          for (const { loss, lr, end } of runs) {
            const spec = jobSpec({ experiment });
            spec.training.optimizer.learningRate = lr;
            const { id } = await store().runs.create({ kind: 'trained', spec, progress: progressAt(0) });
            const summary: Summary = loss === null ? {} : { valLoss: loss };
            const lease = { runId: id, attempt: (await store().runs.claim(id, 'test'))!.attempt };
            // Some runs end with a report, and others by themselves.
            if (lr === 0.1) await store().log.append(lease, [], { summary, ...(end && { to: 'succeeded' as const }) });
            else
              await store().runs.transition(id, {
                from: ['running'],
                to: end ? ('failed' as const) : ('paused' as const),
                summary,
              });
            made.push((await store().runs.get(id))!);
          }
          for (const [orderBy, of] of [
            ['valLoss', (run: Run) => run.summary.valLoss ?? null],
            ['finishedAt', (run: Run) => run.finishedAt],
            ['startedAt', (run: Run) => run.startedAt],
            ['spec.training.optimizer.learningRate', (run: Run) => run.spec.training.optimizer.learningRate],
            ['spec.training.optimizer.type', (run: Run) => run.spec.training.optimizer.type],
          ] as const)
            for (const minus of ['', '-'])
              for (const more of SELECTIONS) {
                const wanted = made
                  .filter(({ status }) => !more.status || more.status.includes(status))
                  .filter((run) => !more.filter || (run.summary.valLoss ?? 0) > 0 || run.finishedAt !== null)
                  .toSorted((a, b) => compare(of(a), of(b), a.id, b.id, minus === '-'));
                assert.deepEqual(
                  await everyId({ experiment, orderBy: minus + orderBy, limit: 5, ...more }),
                  wanted.map(({ id }) => id),
                  `${minus}${orderBy} ${JSON.stringify(more)}`,
                );
              }
        },
      ),
      { numRuns: kind === 'embedded' ? 3 : 5 },
    );
    assert.ok(made.some(({ status }) => isFinal(status)));
  });

  async function everyId(query: RunQuery): Promise<string[]> {
    const ids: string[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = await store().runs.list({ ...query, ...(after && { after }) });
      ids.push(...page.data.map(({ id }) => id));
      assert.equal(page.hasMore, page.nextCursor !== null);
      after = page.nextCursor;
    }
    return ids;
  }

  test('a page of a long list is read from an index in its order', async () => {
    const { pool } = store();
    await pool.query(`insert into runs (id, name, experiment, tags, notes, metadata, spec, progress, status, created_at)
      select 'run_' || lpad(i::text, 26, '0'), '', 'many', '{}', '', '{}', '{}', '{}', 'succeeded', now() from generate_series(1, 20000) i`);
    await pool.query(
      `insert into run_figures (run_id, val_loss) select id, random() from runs where experiment = 'many'`,
    );
    await pool.query('analyze runs, run_figures');
    const plan = async (query: RunQuery): Promise<string> => {
      const { sql, values } = listStatement(query, (text) => text);
      const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    for (const orderBy of ['valLoss', '-valLoss'])
      assert.match(await plan({ orderBy, limit: 50 }), /Index.*Scan.*run_figures_val_loss_idx/, orderBy);
    await pool.query(`delete from runs where experiment = 'many'`);
  });
});

/** What is missing comes last in both directions. */
function compare<T extends string | number>(
  a: T | null,
  b: T | null,
  idA: string,
  idB: string,
  isDescending: boolean,
): number {
  if ((a === null) !== (b === null)) return a === null ? 1 : -1;
  const sign = isDescending ? -1 : 1;
  if (a !== null && b !== null && a !== b) return a < b ? -sign : sign;
  return idA < idB ? -sign : sign;
}
