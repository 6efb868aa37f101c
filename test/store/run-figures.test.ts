import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type pg from 'pg';
import { isFinal, SUMMARY_KEYS, type Run, type Summary } from '../../src/vocabulary/index.ts';
import { chooseFolding } from '../../src/store/postgres/folding.ts';
import { keepFigures } from '../../src/store/runs/run-figures.ts';
import { keepSearchable } from '../../src/store/runs/run-labels.ts';
import { isInOrderOfLabels, listStatement } from '../../src/store/runs/run-list.ts';
import { narrow } from '../../src/store/runs/run-seeks.ts';
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

  test('pages of long lists, searches and filters are read from indexes, and never every run', async () => {
    const { pool, runs } = store();
    const { id } = await runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    await fillWithCopies(pool, id, 8000);
    const folding = await chooseFolding(pool);
    const plan = async (query: RunQuery): Promise<string> => {
      const narrowed = await narrow(pool, query, { folding, isSorted: isInOrderOfLabels(query) });
      const { rest, ...first } = listStatement(query, folding, narrowed);
      const statements = rest ? [first, rest] : [first];
      const plans = statements.map(({ sql, values }) => pool.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values));
      return (await Promise.all(plans)).flatMap(({ rows }) => rows.map((row) => row['QUERY PLAN'])).join('\n');
    };
    const fields: string[] = [
      ...SUMMARY_KEYS,
      ...['optimizer', 'optimizer.learningRate', 'batchSize', 'epochs', 'seed'].map((path) => `spec.training.${path}`),
    ];
    fields.push('createdAt', 'startedAt', 'finishedAt', 'name', 'experiment', 'status');
    fields.push('spec.dataset.name', 'spec.model.layers[0].units');
    const selections: Omit<RunQuery, 'limit'>[] = fields.flatMap((field) => [
      { orderBy: field },
      { orderBy: `-${field}` },
      { orderBy: field, experiment: 'many 7' },
    ]);
    selections.push(
      { q: 'copy 1234' },
      { q: '1234' },
      { q: 'nothing has it' },
      { q: 'copy 1234', orderBy: '-valLoss' },
      { tag: 'rare' },
      { tag: 'rare', orderBy: 'valLoss' },
      { createdBy: 'nobody' },
      ...[
        'spec.training.seed = 1234',
        'spec.dataset.name = "none"',
        'metadata.host = "none"',
        'name contains "copy 123"',
        'name = "copy 1234"',
        'error.code = "DIVERGED"',
        'valLoss < 0.0001',
        'finishedAt < 2001-01-01',
      ].map((filter) => ({ filter })),
    );
    for (const selection of selections) {
      const read = await plan({ ...selection, limit: 50 });
      assert.doesNotMatch(
        read,
        /Seq Scan on (runs|run_figures|run_specs|run_labels)/,
        `${JSON.stringify(selection)}\n${read}`,
      );
    }
  });
});

async function fillWithCopies(pool: pg.Pool, id: string, copies: number): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = 'runs'
      and column_name <> all('{id,name,experiment,tags,status,summary,created_at,finished_at}')`,
  );
  const same = rows.map(({ name }) => name).join(', ');
  const folding = await chooseFolding(pool);
  await pool.query(
    `with changed as (insert into runs (id, name, experiment, tags, status, summary, created_at, finished_at, ${same})
      select 'run_' || lpad(i::text, 26, '0'), 'copy ' || i, 'many ' || i % 100, case when i % 2000 = 5 then '{rare}'::text[] else '{}' end, 'succeeded',
        jsonb_build_object('valLoss', random()), created_at + i * interval '1 second', created_at + i * interval '2 seconds', ${same}
      from runs, generate_series(1, $2::int) i where id = $1 returning *),
      ${keepSearchable(folding)} select`,
    [id, copies],
  );
  await pool.query(keepFigures(`(select * from runs where experiment like 'many %')`));
  await pool.query('analyze runs, run_figures, run_specs, run_labels');
}

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
