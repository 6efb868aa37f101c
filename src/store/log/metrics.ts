/** Metric series, read from the chunks in the log, or from their coarser levels where there are many points. */
import { Readable } from 'node:stream';
import type { Database } from '../postgres/database.ts';
import { isId } from '../postgres/ids.ts';
import { isWindowMean, type MetricSeries, type StepTimes } from '../../vocabulary/index.ts';
import { choosePoints } from './downsampling.ts';
import { EVERY_STEP, kindsOf, type Kind, type KnownKind, type StepRange } from './metric-kinds.ts';
import { longSeries } from './long-series.ts';
import { rowsOf } from './metric-rows.ts';
import { sumsOf } from './metric-sums.ts';
import { candidatesOf, estimateCount, levelFor, MOST_POINTS, stretchesOf, type Stretch } from './metric-stretches.ts';
import { reportTimes } from './report-times.ts';
import { reachOf, smooth, smoothAt, widestBucket, type Smoothing } from './smoothing.ts';
import { wholeSeries, type WholeSeries } from './whole-series.ts';
import type { LongSeries, MetricRows, MetricRowsSelection, MetricsSelection, MetricStore } from '../store.ts';

/** Of a level, so many buckets for each one that is left: then it does not show where those of the level begin. */
const FINER = 2;
/** Above this many buckets, smoothing takes wider ones. */
const MOST_SMOOTHED_BUCKETS = 16 * 1024;
const MOST_SMOOTHED_POINTS = 128 * 1024;
/** Where more points are asked for than levels have, they are read one by one, up to so many. */
const MOST_POINTS_IN_DETAIL = 512 * 1024;

interface Wanted {
  kind: Kind;
  wanted: string[];
}
type Leveled = Wanted & { kind: { known: KnownKind } };

export class Metrics implements MetricStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(runId: string, query: MetricsSelection): Promise<Record<string, MetricSeries>> {
    if (!isId('run', runId)) return {};
    const shown: StepRange = {
      fromStep: query.fromStep ?? EVERY_STEP.fromStep,
      toStep: query.toStep ?? EVERY_STEP.toStep,
    };
    const kinds = (await kindsOf(this.#database.pool, runId))
      .map((kind) => ({ kind, wanted: kind.keys.filter((key) => !query.keys || query.keys.includes(key)) }))
      .filter(({ wanted }) => wanted.length > 0);
    const leveled = kinds.filter((of): of is Leveled => isLong(of, kinds, shown, query));
    const whole = kinds.filter((of) => !leveled.some((long) => long === of));
    const series = await this.#readWhole(runId, whole, shown, query);
    for (const of of leveled)
      Object.assign(series, await this.#readLevels(runId, of, shown, { ...query, points: Number(query.points) }));
    const order = kinds.flatMap(({ wanted }) => wanted);
    return Object.fromEntries(order.flatMap((key) => (series[key] ? [[key, series[key]]] : [])));
  }

  async #readWhole(
    runId: string,
    kinds: readonly Wanted[],
    shown: StepRange,
    query: MetricsSelection,
  ): Promise<Record<string, MetricSeries>> {
    if (kinds.length === 0) return {};
    // A smoothed curve depends on everything before it.
    const range: StepRange = query.smoothing ? { ...shown, fromStep: EVERY_STEP.fromStep } : shown;
    const series = await wholeSeries(this.#database.pool, runId, kinds, range);
    return Object.fromEntries([...series].map(([key, all]) => [key, shownOf(all, shown, query)]));
  }

  async #readLevels(
    runId: string,
    { kind, wanted }: Leveled,
    shown: StepRange,
    query: MetricsSelection & { points: number },
  ): Promise<Record<string, MetricSeries>> {
    const { pool } = this.#database;
    const { points, spacing = 'even' } = query;
    const stretches: Stretch[] = [];
    for (const range of spacing === 'log' ? logParts(kind.known, shown) : [shown]) {
      const level = boundedLevel(estimateCount(kind.known, range), (FINER * points) / 2, mostPoints(points));
      stretches.push(...(await stretchesOf(pool, runId, kind, { wanted, range, level })));
    }
    const smoothing = query.smoothing ? smoothingOf(kind.known, shown, query) : null;
    const toSmooth = smoothing && (await this.#stretchesToSmooth(runId, { kind, wanted }, shown, smoothing));
    return Object.fromEntries(
      wanted.map((key, k) => {
        const { steps, values, places, count } = candidatesOf(stretches, k);
        const every = isWindowMean(key) ? kind.every : null;
        const kept = choosePoints(steps, values, { points, spacing, places, count });
        const at = kept.map((i) => steps[i] as number);
        const curve = toSmooth && smoothAt(at, toSmooth, k, { ...smoothing, every: every ?? 1 });
        return [
          key,
          {
            steps: at,
            values: kept.map((i) => orNull(values[i])),
            ...(kept.length < count && { of: count }),
            ...(curve && { smoothed: kept.map((i, n) => (orNull(values[i]) === null ? null : orNull(curve[n]))) }),
            ...(every !== null && { every }),
          },
        ];
      }),
    );
  }

  async #stretchesToSmooth(
    runId: string,
    { kind, wanted }: Leveled,
    { fromStep, toStep }: StepRange,
    smoothing: Smoothing,
  ): Promise<Stretch[]> {
    const range = { fromStep: Math.max(kind.known.firstStep, fromStep - reachOf(smoothing)), toStep };
    const width = Math.min(toStep, kind.known.lastStep) - range.fromStep;
    const buckets = Math.min(MOST_SMOOTHED_BUCKETS, width / widestBucket(smoothing));
    const level = boundedLevel(estimateCount(kind.known, range), buckets, MOST_SMOOTHED_POINTS);
    return stretchesOf(this.#database.pool, runId, kind, { wanted, range, level });
  }

  async readLong(runId: string, query: Omit<MetricsSelection, 'points' | 'spacing'>): Promise<LongSeries[] | null> {
    if (!isId('run', runId)) return null;
    return longSeries(this.#database.pool, runId, query);
  }

  async mean(runId: string, key: string, range: StepRange): Promise<number | null> {
    if (!isId('run', runId)) return null;
    let sum = 0;
    let count = 0;
    for (const kind of await kindsOf(this.#database.pool, runId))
      if (kind.keys.includes(key))
        for await (const part of sumsOf(this.#database.pool, runId, { kind, key, range })) {
          sum += part.sum;
          count += part.count;
        }
    return count === 0 ? null : sum / count;
  }

  async rows(
    runId: string,
    selection: MetricRowsSelection,
  ): Promise<{ keys: string[]; batches: AsyncIterable<MetricRows> }> {
    return isId('run', runId)
      ? rowsOf(this.#database.pool, runId, selection)
      : { keys: [], batches: Readable.from([]) };
  }

  async times(runId: string, points: number): Promise<StepTimes> {
    return isId('run', runId) ? reportTimes(this.#database.pool, runId, points) : { steps: [], at: [] };
  }
}

/** The levels are read where the points are many, unless a key is of several kinds, whose points have to be sorted. */
function isLong(
  { kind, wanted }: Wanted,
  kinds: readonly Wanted[],
  shown: StepRange,
  { points, smoothing }: MetricsSelection,
): boolean {
  if (points === 'all' || !kind.known?.isAscending) return false;
  if (kinds.some((other) => other.kind !== kind && other.wanted.some((key) => wanted.includes(key)))) return false;
  const range = smoothing ? { ...shown, fromStep: EVERY_STEP.fromStep } : shown;
  return estimateCount(kind.known, range) > mostPoints(points);
}

/** So many points are read one by one. */
const mostPoints = (points: number): number => Math.max(MOST_POINTS, Math.min(8 * points, MOST_POINTS_IN_DETAIL));

const boundedLevel = (count: number, buckets: number, most: number): number =>
  Math.max(levelFor(count, buckets), count > most ? 1 : 0);

/** Cut at every eighth of the last step, so that each part has the level that its place on the axis needs. */
function logParts({ firstStep, lastStep, ...known }: KnownKind, { fromStep, toStep }: StepRange): StepRange[] {
  const parts: StepRange[] = [];
  let to = Math.min(toStep, lastStep);
  const isLeftLong = () => estimateCount({ firstStep, lastStep, ...known }, { fromStep, toStep: to }) > MOST_POINTS;
  while (isLeftLong() && Math.floor(to / 8) > Math.max(fromStep, firstStep)) {
    parts.unshift({ fromStep: Math.floor(to / 8) + 1, toStep: to });
    to = Math.floor(to / 8);
  }
  return [{ fromStep, toStep: to }, ...parts];
}

const smoothingOf = (
  { firstStep, lastStep }: KnownKind,
  { toStep }: StepRange,
  { smoothing = 0, smoothingRange }: MetricsSelection,
): Smoothing => ({ smoothing, range: smoothingRange ?? Math.min(toStep, lastStep) - firstStep, every: 1 });

/** What is shown of a series, with its smoothed curve where it is asked for. */
function shownOf(all: WholeSeries, shown: StepRange, query: MetricsSelection): MetricSeries {
  const { steps, values, every } = all;
  const range = query.smoothingRange ?? (steps.at(-1) ?? 0) - (steps[0] ?? 0);
  const smoothed = query.smoothing
    ? smooth(steps, values, { smoothing: query.smoothing, range, every: every ?? 1 })
    : undefined;
  // Everything up to the last step is in order, so what is shown is its end.
  const from = steps.length - countFrom(steps, shown.fromStep);
  const kept = choosePoints(steps.subarray(from), values.subarray(from), {
    points: query.points === 'all' ? steps.length : query.points,
    spacing: query.spacing ?? 'even',
  }).map((i) => i + from);
  return {
    steps: kept.map((i) => steps[i] as number),
    values: kept.map((i) => orNull(values[i])),
    ...(kept.length < steps.length - from && { of: steps.length - from }),
    ...(smoothed && { smoothed: kept.map((i) => orNull(smoothed[i])) }),
    ...(every !== null && { every }),
  };
}

const orNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** How many of the steps, which ascend, are at `from` or later. */
function countFrom(steps: Int32Array, from: number): number {
  let low = 0,
    high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return steps.length - low;
}
