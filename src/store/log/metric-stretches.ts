/** A kind of metrics within a range of steps, read from its levels: at any length about as many buckets and points. */
import type pg from 'pg';
import { decodeBlock, BUCKET_POINTS, columnSlice, FOLD, sharedSlice, type Block } from './metric-block.ts';
import type { Kind, KnownKind, StepRange } from './metric-kinds.ts';
import { pointsOf, type Points } from './metric-rows.ts';

/** Neighbouring points, one by one or as a block of buckets. Values and columns are in the order of the wanted keys. */
export type Stretch =
  | ({ kind: 'points'; fromStep: number; count: number } & Points)
  | { kind: 'block'; fromStep: number; toStep: number; count: number; block: Block };

/** Read point by point, a range has at most so many of them. */
export const MOST_POINTS = 32 * 1024;

/** How many points a kind has within a range, as far as its steps are spread evenly. */
export function estimateCount({ points, firstStep, lastStep }: KnownKind, { fromStep, toStep }: StepRange): number {
  const width = Math.min(toStep, lastStep) - Math.max(fromStep, firstStep) + 1;
  return Math.max(0, Math.ceil((points * width) / (lastStep - firstStep + 1)));
}

/** The highest level that still has `buckets` buckets for so many points; 0: the points themselves. */
export function levelFor(count: number, buckets: number): number {
  let level = 0;
  for (let size = BUCKET_POINTS; count / size >= buckets; size *= FOLD) level += 1;
  return level;
}

/**
 * The range in order of step: blocks of `level`, and towards the ends of the range, or of what is stored, those of lower
 * levels and at last points. `kind` is known, and its steps ascend.
 */
export async function stretchesOf(
  pool: pg.Pool,
  runId: string,
  kind: Kind & { known: KnownKind },
  { wanted, range, level }: { wanted: readonly string[]; range: StepRange; level: number },
): Promise<Stretch[]> {
  const found: Stretch[] = [];
  let gaps: StepRange[] = [range];
  for (let k = level; k >= 1 && gaps.length > 0; k -= 1) {
    const blocks = await blocksWithin(pool, runId, kind, { wanted, gaps, level: k });
    found.push(...blocks);
    gaps = gaps.flatMap((gap) => around(gap, blocks));
  }
  for (const gap of gaps) {
    if (gap.fromStep > kind.known.lastStep || gap.toStep < kind.known.firstStep) continue;
    for await (const points of pointsOf(pool, runId, { kind, wanted, range: gap }))
      if (points.steps.length > 0)
        found.push({ kind: 'points', fromStep: points.steps[0]!, count: points.steps.length, ...points });
  }
  return found.toSorted((a, b) => a.fromStep - b.fromStep);
}

/** What is left of a gap before and behind the blocks in it, which are neighbours. */
function around(gap: StepRange, blocks: readonly (Stretch & { kind: 'block' })[]): StepRange[] {
  const inside = blocks.filter(({ fromStep, toStep }) => fromStep >= gap.fromStep && toStep <= gap.toStep);
  const [first, last] = [inside[0], inside.at(-1)];
  if (!first || !last) return [gap];
  return [
    { fromStep: gap.fromStep, toStep: first.fromStep - 1 },
    { fromStep: last.toStep + 1, toStep: gap.toStep },
  ].filter(({ fromStep, toStep }) => fromStep <= toStep);
}

async function blocksWithin(
  pool: pg.Pool,
  runId: string,
  { keys, known }: Kind & { known: KnownKind },
  { wanted, gaps, level }: { wanted: readonly string[]; gaps: readonly StepRange[]; level: number },
): Promise<(Stretch & { kind: 'block' })[]> {
  const values: unknown[] = [runId, known.number, level];
  const within = gaps.map(
    ({ fromStep, toStep }) =>
      `(from_step >= $${values.push(fromStep)} and to_step <= $${values.push(toStep)} and from_step <= $${values.length})`,
  );
  const slices = [sharedSlice, ...wanted.map((key) => columnSlice(keys.indexOf(key)))];
  const { rows } = await pool.query<[fromStep: number, toStep: number, points: number, shared: Buffer, ...Buffer[]]>({
    text: `select from_step, to_step, points, ${slices.join(', ')} from metric_levels
      where run_id = $1 and kind = $2 and level = $3 and (${within.join(' or ')}) order by from_step`,
    values,
    rowMode: 'array',
  });
  return rows.map(([fromStep, toStep, count, shared, ...columns]) => ({
    kind: 'block',
    fromStep,
    toStep,
    count,
    block: decodeBlock(shared, columns),
  }));
}

/** The points of one key that a curve may need, in order of step. */
export interface Candidates {
  steps: Int32Array;
  values: Float64Array;
  /** How many points of the range come before the point, or before its bucket. */
  places: Float64Array;
  /** Points of the whole range. */
  count: number;
}

export function candidatesOf(stretches: readonly Stretch[], k: number): Candidates {
  const steps: number[] = [];
  const values: number[] = [];
  const places: number[] = [];
  let count = 0;
  const add = (step: number, value: number, place: number): void => {
    // An extreme may be the first or the last point of its stretch too.
    if (step === steps.at(-1)) return;
    steps.push(step);
    values.push(value);
    places.push(place);
  };
  for (const stretch of stretches) {
    if (stretch.kind === 'points') {
      const column = stretch.values[k]!;
      for (let i = 0; i < stretch.steps.length; i += 1) add(stretch.steps[i]!, column[i]!, count + i);
    } else {
      const { counts, columns } = stretch.block;
      const column = columns[k]!;
      add(stretch.fromStep, column.ends[0]!, count);
      let place = count;
      for (let b = 0; b < counts.length; b += 1) {
        const marks = [
          [column.leastSteps[b]!, column.least[b]!],
          [column.greatestSteps[b]!, column.greatest[b]!],
          [column.gapSteps[b]!, NaN],
        ] as const;
        for (const [step, value] of marks.filter(([at]) => at !== -1).sort((one, other) => one[0] - other[0]))
          add(step, value, place);
        place += counts[b]!;
      }
      add(stretch.toStep, column.ends[1]!, count + stretch.count - 1);
    }
    count += stretch.count;
  }
  return { steps: Int32Array.from(steps), values: Float64Array.from(values), places: Float64Array.from(places), count };
}
