/** The metrics of a run as a table: one row per step. */
import type { MetricRows } from '../store/store.ts';
import type { MetricSeries } from '../vocabulary/index.ts';
import type { Batch, ExportTable } from './table.ts';

export function metricsTable({
  keys,
  batches,
}: {
  keys: readonly string[];
  batches: AsyncIterable<MetricRows>;
}): ExportTable {
  return {
    columns: [{ name: 'step', type: 'integer' }, ...keys.map((name) => ({ name, type: 'number' as const }))],
    batches: cellsOf(batches),
  };
}

async function* cellsOf(batches: AsyncIterable<MetricRows>): AsyncGenerator<Batch> {
  for await (const { steps, values } of batches) yield [steps, ...values];
}

/** Series that were downsampled, each at steps of its own. */
export function seriesTable(series: Readonly<Record<string, MetricSeries>>): ExportTable {
  const keys = Object.keys(series);
  const steps = [...new Set(keys.flatMap((key) => series[key]!.steps))].toSorted((a, b) => a - b);
  const rows = new Map(steps.map((step, row) => [step, row]));
  const values = keys.map((key) => {
    const column: (number | null | undefined)[] = steps.map(() => undefined);
    const { steps: own, values: given } = series[key]!;
    for (const [i, step] of own.entries()) column[rows.get(step)!] = given[i];
    return column;
  });
  return metricsTable({ keys, batches: once({ steps, values }) });
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
