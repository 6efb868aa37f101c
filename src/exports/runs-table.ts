/** Runs as a table: one row per run, spec and summary flattened into columns under their paths. */
import { pathOf, SUMMARY_KEYS, type PathKey, type Run } from '../vocabulary/index.ts';
import type { Batch, ExportColumn, ExportTable } from './table.ts';

const FIRST: ExportColumn[] = [
  { name: 'id', type: 'text' },
  { name: 'status', type: 'text' },
  { name: 'name', type: 'text' },
  { name: 'experiment', type: 'text' },
  { name: 'tags', type: 'json' },
  { name: 'notes', type: 'text' },
  { name: 'createdAt', type: 'time' },
  { name: 'startedAt', type: 'time' },
  { name: 'finishedAt', type: 'time' },
  ...['epoch', 'epochs', 'step', 'steps'].map((name): ExportColumn => ({ name: `progress.${name}`, type: 'integer' })),
  ...SUMMARY_KEYS.map((key): ExportColumn => ({ name: `summary.${key}`, type: 'number' })),
  { name: 'summary.lossUnit', type: 'text' },
  { name: 'parentId', type: 'text' },
  { name: 'attempt', type: 'integer' },
  { name: 'error.code', type: 'text' },
  { name: 'error.message', type: 'text' },
  { name: 'engine.name', type: 'text' },
  { name: 'engine.version', type: 'text' },
  { name: 'engine.backend', type: 'text' },
];

/**
 * `pages` begins anew with every call. A table of which all columns must be known at the beginning is read twice; runs
 * that were submitted in between are left out.
 */
export async function runsTable(pages: () => AsyncIterable<Run[]>): Promise<ExportTable> {
  const startedAt = new Date().toISOString();
  const names = new Set(FIRST.map(({ name }) => name));
  const later: string[] = [];
  for await (const page of pages())
    for (const run of page)
      for (const [name] of fieldsOf(run)) {
        if (names.has(name)) continue;
        names.add(name);
        later.push(name);
      }
  const columns = [...FIRST, ...later.map((name): ExportColumn => ({ name, type: 'json' }))];
  return { columns, batches: rowsOf(pages(), columns, startedAt) };
}

async function* rowsOf(
  pages: AsyncIterable<Run[]>,
  columns: readonly ExportColumn[],
  startedAt: string,
): AsyncGenerator<Batch> {
  for await (const page of pages) {
    const rows = page.filter(({ createdAt }) => createdAt <= startedAt).map((run) => new Map(fieldsOf(run)));
    yield columns.map(({ name }) => rows.map((row) => row.get(name)));
  }
}

/** Every value of the run under its path; those that are null are left out of what is not always there. */
function fieldsOf({ spec, ...run }: Run): [string, unknown][] {
  const { id, status, name, experiment, tags, notes, createdAt, startedAt, finishedAt, parentId, attempt } = run;
  const { dataset, model, training, telemetry, engine, priority } = spec;
  const { inputs: _inputs, targets: _targets, ...data } = dataset;
  const { initialWeights: _weights, ...layers } = model;
  return [
    ...Object.entries({
      id,
      status,
      name,
      experiment,
      tags,
      notes,
      createdAt,
      startedAt,
      finishedAt,
      parentId,
      attempt,
    }),
    ...leaves(run.progress, ['progress']),
    ...leaves(run.summary, ['summary']),
    ...leaves(run.error, ['error']),
    ...leaves(run.engine, ['engine']),
    ...leaves({ dataset: data, model: layers, training, telemetry, engine, priority }, ['spec']),
    ...leaves(run.metadata, ['metadata']),
  ];
}

function leaves(value: unknown, keys: readonly PathKey[]): [string, unknown][] {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object'))
    return value.flatMap((item, i) => leaves(item, [...keys, i]));
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, item]) => leaves(item, [...keys, key]));
  return value === null && keys.length === 1 ? [] : [[pathOf(keys), value]];
}
