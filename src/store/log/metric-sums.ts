/** Sums over the finite values of a metric. */
import type pg from 'pg';
import type { Kind, StepRange } from './metric-kinds.ts';
import { pointsOf } from './metric-rows.ts';
import { estimateCount, levelFor, MOST_POINTS, stretchesOf } from './metric-stretches.ts';

interface PartialSum {
  sum: number;
  count: number;
}

/** Of one kind within the range, in parts: from its levels where it has some. */
export async function* sumsOf(
  pool: pg.Pool,
  runId: string,
  { kind, key, range }: { kind: Kind; key: string; range: StepRange },
): AsyncGenerator<PartialSum> {
  const wanted = [key];
  const { known } = kind;
  if (!known?.isAscending || estimateCount(known, range) <= MOST_POINTS) {
    for await (const { values } of pointsOf(pool, runId, { kind, wanted, range })) yield sumOf(values[0]!);
    return;
  }
  const level = Math.max(1, levelFor(estimateCount(known, range), 1));
  for (const stretch of await stretchesOf(pool, runId, { ...kind, known }, { wanted, range, level })) {
    if (stretch.kind === 'points') yield sumOf(stretch.values[0]!);
    else {
      const { sums, known: counts } = stretch.block.columns[0]!;
      yield { sum: sumOf(sums).sum, count: counts.reduce((total, count) => total + count, 0) };
    }
  }
}

function sumOf(values: Float64Array): PartialSum {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    sum += value;
    count += 1;
  }
  return { sum, count };
}
