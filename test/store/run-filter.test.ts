import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RelumineError } from '../../src/errors.ts';
import {
  describeFilter,
  fill,
  OPTIMIZER_OPTIONS,
  parseFilter,
  readRunField,
  valueAt,
  type Filter,
  type JobSpec,
  type Run,
} from '../../src/vocabulary/index.ts';
import { chooseFolding } from '../../src/store/postgres/folding.ts';
import { listStatement } from '../../src/store/runs/run-list.ts';
import type { GroupQuery, RunQuery, Store } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

const { training } = jobSpec();
const dense = (units: number, activation: 'relu' | 'tanh') => ({
  type: 'dense' as const,
  units,
  activation: { type: activation },
  kernelInitializer: { type: 'heNormal' as const },
  biasInitializer: { type: 'zeros' as const },
});
const SPECS: Partial<JobSpec>[] = [
  { name: 'Größe', tags: ['Deep', 'narrow'], metadata: { fold: '1' }, model: { layers: [dense(8, 'relu')] } },
  {
    name: 'b%_\\',
    metadata: { fold: '10', owner: 'ann' },
    model: { layers: [dense(8, 'tanh'), dense(64, 'relu')] },
    training: { ...training, clipNorm: 1, optimizer: fill(OPTIMIZER_OPTIONS, { type: 'adam', learningRate: 0.01 }) },
  },
  {
    name: 'c "quoted"',
    tags: ['deep'],
    metadata: { fold: 'two' },
    training: { ...training, classWeights: 'balanced', shuffle: false, epochs: 30 },
    telemetry: { ...jobSpec().telemetry, metricsEverySteps: 8 },
  },
  { name: '', training: { ...training, classWeights: [1, 2], optimizer: fill(OPTIMIZER_OPTIONS, 'adamw') } },
];
const SUMMARIES = [
  { loss: 0.5, valLoss: 0.1 },
  { loss: null },
  {},
  { loss: 1e-7, valLoss: 3, lossUnit: 'target' as const },
];

/** One run of each spec, in their order; some have ended, some have results. */
async function seed(store: Store, experiment: string): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [i, changes] of SPECS.entries()) {
    const { id } = await store.runs.create({
      kind: 'trained',
      spec: jobSpec({ experiment, ...changes }),
      progress: progressAt(i * 10),
    });
    await store.runs.transition(id, {
      from: ['queued'],
      to: i % 2 === 0 ? 'running' : 'failed',
      summary: SUMMARIES[i] ?? {},
      ...(i === 1 && { error: { code: 'DIVERGED', message: 'loss' } }),
    });
    runs.push((await store.runs.get(id))!);
  }
  return runs;
}

const folded = (text: string) => text.normalize('NFC').toLowerCase();
/** What a filter means, said a second time: over runs in memory. */
function matches(filter: Filter, run: Run): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matches(part, run));
    case 'or':
      return filter.parts.some((part) => matches(part, run));
    case 'not':
      return !matches(filter.part, run);
    case 'in':
      return filter.values.some((value) => matches({ ...filter, kind: 'compare', comparison: '=', value }, run));
    case 'contains': {
      const value = valueAt(run, filter.field);
      if (Array.isArray(value) && filter.field.type === 'tags')
        return value.some((tag) => folded(String(tag)) === folded(filter.text));
      return typeof value === 'string' && folded(value).includes(folded(filter.text));
    }
    case 'compare': {
      const { field, comparison } = filter;
      const value = valueAt(run, field) ?? null;
      if (field.type === 'tags') {
        const tags = value as string[];
        const isThere = filter.value === null ? tags.length === 0 : tags.includes(String(filter.value));
        return comparison === '=' ? isThere : !isThere;
      }
      if (filter.value === null) return comparison === '=' ? value === null : value !== null;
      if (value === null) return false;
      const isNumber =
        field.keys[0] === 'metadata' &&
        typeof filter.value === 'number' &&
        typeof value === 'string' &&
        /^\d+$/.test(value);
      const ours = isNumber ? Number(value) : value;
      if (comparison === '!=') return ours !== filter.value;
      if (typeof ours !== typeof filter.value) return false;
      const [a, b] = [ours as number, filter.value as number];
      return { '=': a === b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b }[comparison];
    }
  }
}

const literal = (value: unknown) => JSON.stringify(value);
const ORDERED = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
const NUMBERS = fc.constantFrom(0, 0.01, 0.1, 0.5, 1, 3, 8, 10, 30, 64, 1e-7, null);
const TEXTS = fc.constantFrom(
  '',
  'adam',
  'balanced',
  'deep',
  'Deep',
  'relu',
  'tanh',
  '1',
  'two',
  'größe',
  '%',
  '\\',
  '"',
  "'",
  'ann',
);
const ofNumber = fc
  .tuple(
    fc.constantFrom(
      'valLoss',
      'loss',
      'progress.step',
      'training.epochs',
      'training.clipNorm',
      'training.optimizer.learningRate',
      'model.layers[0].units',
      'model.layers[-1].units',
      'metadata.fold',
      'telemetry.metricsEverySteps',
      'training.classWeights',
      'attempt',
    ),
    ORDERED,
    NUMBERS,
  )
  .map(([path, comparison, value]) =>
    value === null
      ? `${path} ${['=', '<', '>='].includes(comparison) ? '=' : '!='} null`
      : `${path} ${comparison} ${value}`,
  );
const ofText = fc
  .tuple(
    fc.constantFrom(
      'name',
      'notes',
      'metadata.owner',
      'training.classWeights',
      'telemetry.metricsEverySteps',
      'parentId',
      'spec.dataset.name',
    ),
    fc.constantFrom('=', '!=', '<', '>=', 'contains', 'not contains'),
    TEXTS,
  )
  .map(([path, comparison, value]) => `${path} ${comparison} ${literal(value)}`);
const ofName = fc
  .tuple(
    fc.constantFrom('model.layers[0].activation', 'model.layers[1].activation.type'),
    fc.constantFrom('=', '!=', 'in', 'not in'),
    fc.constantFrom('relu', 'tanh', 'gelu'),
  )
  .map(
    ([path, comparison, value]) =>
      `${path} ${comparison} ${comparison.endsWith('in') ? `("sigmoid", "${value}", null)` : `"${value}"`}`,
  );
const ofTags = fc
  .tuple(fc.constantFrom('=', '!=', 'contains', 'not contains'), TEXTS)
  .map(([comparison, value]) => `tags ${comparison} ${literal(value)}`);
const OTHERS = fc.constantFrom(
  'status = "failed"',
  'status != "failed"',
  'status in ("running", "queued")',
  'training.shuffle = false',
  'training.shuffle != true',
  'error.code = "DIVERGED"',
  'engine.name = null',
  'summary.lossUnit = "target"',
  'finishedAt = null',
  'tags = null',
  'tags != null',
);
const { filter: FILTERS } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    ofNumber,
    ofText,
    ofName,
    ofTags,
    OTHERS,
    fc.tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter')).map(([a, word, b]) => `(${a} ${word} ${b})`),
    tie('filter').map((filter) => `not (${filter})`),
  ),
}));

const parsed = (text: string): Filter => {
  const result = parseFilter(text);
  if ('problem' in result) throw new Error(`${text}: ${result.problem.message}`);
  return result.filter;
};

/** [kind, value]: numbers, then truth values, then texts; null where there is none of them. */
function orderedValue(run: Run, path: string): [number, number | string] | null {
  const found = readRunField(path);
  if ('problem' in found) throw new Error(found.problem.message);
  const value = valueAt(run, found.field);
  if (path === 'metadata.fold' && typeof value === 'string' && /^\d+$/.test(value)) return [0, Number(value)];
  if (typeof value === 'number') return [0, value];
  if (typeof value === 'boolean') return [1, Number(value)];
  return typeof value === 'string' ? [2, value] : null;
}
function inOrder(a: ReturnType<typeof orderedValue>, b: ReturnType<typeof orderedValue>, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  // Within a column the direction counts; the columns themselves keep their order.
  if (a[0] !== b[0]) return a[0] - b[0];
  return a[1] === b[1] ? 0 : sign * (a[1] < b[1] ? -1 : 1);
}

describeStores((store) => {
  const ids = async (query: Partial<RunQuery>) =>
    (await store().runs.list({ limit: 50, ...query })).data.map(({ id }) => id);

  test('a filter gives the runs that it describes, whatever it is made of', async () => {
    const experiment = 'random filters';
    const runs = await seed(store(), experiment);
    const folding = await chooseFolding(store().pool);
    let found = 0;
    await fc.assert(
      fc.asyncProperty(FILTERS, async (text) => {
        const filter = parsed(text);
        const expected = runs.filter((run) => matches(filter, run)).map(({ name }) => name);
        found += expected.length;
        const given = (await store().runs.list({ experiment, limit: 50, orderBy: 'createdAt', filter: text })).data;
        assert.deepEqual(
          given.map(({ name }) => name),
          expected,
          describeFilter(filter),
        );
        // The same where too many runs match a condition to be found first.
        const { sql, values } = listStatement({ experiment, limit: 50, orderBy: 'createdAt', filter: text }, folding);
        const { rows } = await store().pool.query<{ name: string }>(sql, values);
        assert.deepEqual(
          rows.map(({ name }) => name),
          expected,
          describeFilter(filter),
        );
      }),
      { numRuns: 400, seed: 1 },
    );
    assert.ok(found > 400, `${found} runs were found`);
  });

  test('times are compared as whole days or as instants', async () => {
    const experiment = 'times';
    const runs = await seed(store(), experiment);
    for (const [i, at] of [
      '2026-01-31T23:59:59.999Z',
      '2026-02-01T00:00:00Z',
      '2026-02-01T23:59:59.999Z',
      '2026-02-02T00:00:00Z',
    ].entries())
      await store().pool.query(
        'with kept as (update run_figures set started_at = $2 where run_id = $1) update runs set started_at = $2 where id = $1',
        [runs[i]?.id, at],
      );
    const at = async (filter: string) =>
      (await ids({ experiment, filter, orderBy: 'createdAt' })).map((id) => runs.findIndex((run) => run.id === id));
    assert.deepEqual(await at('startedAt = 2026-02-01'), [1, 2]);
    assert.deepEqual(await at('startedAt != 2026-02-01'), [0, 3]);
    assert.deepEqual(await at('startedAt < 2026-02-01'), [0]);
    assert.deepEqual(await at('startedAt <= 2026-02-01'), [0, 1, 2]);
    assert.deepEqual(await at('startedAt > 2026-02-01'), [3]);
    assert.deepEqual(await at('startedAt >= 2026-02-01'), [1, 2, 3]);
    assert.deepEqual(await at('startedAt in ("2026-02-01T01:00:00+01:00", 2026-02-02T00:00:00Z)'), [1, 3]);
  });

  test('lists are sorted by any field, page by page, with equal, mixed and missing values', async () => {
    const experiment = 'sorted by field';
    const runs = await seed(store(), experiment);
    const pages = async (orderBy: string, limit: number): Promise<string[]> => {
      const names: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await store().runs.list({ experiment, orderBy, limit, ...(after !== undefined && { after }) });
        names.push(...page.data.map(({ id }) => id));
        if (page.nextCursor === null) return names.map((id) => String(runs.findIndex((run) => run.id === id)));
        after = page.nextCursor;
      }
    };
    for (const path of [
      'spec.training.optimizer.learningRate',
      'spec.training.optimizer.type',
      'valLoss',
      'model.layers[1].units',
      'telemetry.metricsEverySteps',
      'training.classWeights',
      'training.shuffle',
      'metadata.fold',
      'name',
      'status',
      'startedAt',
      'createdAt',
    ]) {
      for (const [orderBy, sign] of [
        [path, 1],
        [`-${path}`, -1],
        [`${path}:desc`, -1],
      ] as const) {
        const sorted = runs.toSorted(
          (a, b) => inOrder(orderedValue(a, path), orderedValue(b, path), sign) || sign * (a.id < b.id ? -1 : 1),
        );
        const expected = sorted.map((run) => runs.indexOf(run)).join('');
        for (const limit of [1, 3, 50])
          assert.equal((await pages(orderBy, limit)).join(''), expected, `${orderBy}, ${limit} per page`);
      }
    }
    assert.equal((await pages('telemetry.metricsEverySteps', 2)).join(''), '2013', 'numbers come before words');
  });

  test('a search finds hyperparameters: parts of their names, and whole numbers', async () => {
    const experiment = 'hyperparameters';
    const runs = await seed(store(), experiment);
    const at = async (q: string) =>
      (await ids({ experiment, q })).map((id) => runs.findIndex((run) => run.id === id)).toSorted((a, b) => a - b);
    assert.deepEqual(await at('adam'), [1, 3]);
    assert.deepEqual(await at('ADAMW'), [3]);
    assert.deepEqual(await at('tanh'), [1]);
    assert.deepEqual(await at('0.01'), [1, 3], 'the weight decay of adamw too');
    assert.deepEqual(await at('1e-2'), [1, 3]);
    assert.deepEqual(await at('64'), [1]);
    assert.deepEqual(await at('6'), []);
    assert.deepEqual(await at('xor'), [0, 1, 2, 3]);
    assert.deepEqual(await at('optimizer'), [], 'names of options are not words of a run');
  });

  test('groups have the statistics of their runs, the largest first', async () => {
    const experiment = 'groups';
    for (const [i, valLoss] of [1, 2, 4, null, 8].entries()) {
      const { id } = await store().runs.create({
        kind: 'trained',
        spec: jobSpec({
          experiment,
          tags: i === 4 ? ['odd'] : [],
          training: {
            ...training,
            clipNorm: i === 4 ? 1 : null,
            optimizer: fill(OPTIMIZER_OPTIONS, i < 3 ? 'adam' : { type: 'sgd', learningRate: 0.1 * (i - 2) }),
          },
        }),
        progress: progressAt(0),
      });
      await store().runs.transition(id, { from: ['queued'], to: 'running', summary: { valLoss, loss: i } });
    }
    const groups = (query: Partial<GroupQuery>) =>
      store().runs.groups({ experiment, by: ['status'], limit: 10, ...query });
    assert.deepEqual(await groups({ by: ['training.optimizer.type'], keys: ['valLoss', 'accuracy'] }), {
      object: 'runGroups',
      by: ['spec.training.optimizer.type'],
      data: [
        {
          by: { 'spec.training.optimizer.type': 'adam' },
          count: 3,
          summary: { valLoss: { n: 3, mean: 7 / 3, std: Math.sqrt(7 / 3), min: 1, max: 4 } },
        },
        {
          by: { 'spec.training.optimizer.type': 'sgd' },
          count: 2,
          summary: { valLoss: { n: 1, mean: 8, std: null, min: 8, max: 8 } },
        },
      ],
      hasMore: false,
    });
    const two = await groups({ by: ['training.clipNorm', 'training.optimizer.learningRate'], limit: 1 });
    assert.deepEqual(
      [two.data[0]?.by, two.data[0]?.count, two.hasMore],
      [{ 'spec.training.clipNorm': null, 'spec.training.optimizer.learningRate': 0.001 }, 3, true],
    );
    assert.deepEqual(Object.keys(two.data[0]?.summary ?? {}), ['loss', 'valLoss'], 'figures that the runs have');
    const filtered = await groups({ by: ['tags', 'createdAt', 'experiment'], filter: 'loss >= 4' });
    assert.deepEqual(filtered.data[0]?.by, {
      tags: ['odd'],
      createdAt: new Date().toISOString().slice(0, 10),
      experiment,
    });
    assert.deepEqual((await groups({ filter: 'loss > 100' })).data, []);
    for (const by of [[], ['status', 'status'], ['status', 'name', 'tags', 'id'], ['nope'], ['spec.training']])
      await assert.rejects(
        groups({ by }),
        (error: unknown) => error instanceof RelumineError && error.details[0]?.path === 'by',
      );
  });

  test('a wrong filter is an INVALID_REQUEST that says where', async () => {
    await assert.rejects(store().runs.list({ limit: 5, filter: 'valLoss < and' }), (error: unknown) => {
      assert.ok(error instanceof RelumineError);
      assert.equal(error.code, 'INVALID_REQUEST');
      assert.match(error.message, /at character 11: .*expected a number/);
      assert.equal(error.details[0]?.path, 'filter');
      return true;
    });
    assert.deepEqual(await ids({ experiment: 'none', filter: ' ' }), [], 'an empty filter selects everything');
  });
});
