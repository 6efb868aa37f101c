/** Metric series, read from the chunks in the log. */
import { Readable } from 'node:stream';
import type { Database } from '../postgres/database.ts';
import { isId } from '../postgres/ids.ts';
import { isWindowMean, middleOfWindow, Smoother, type MetricSeries, type StepTimes } from '../../vocabulary/index.ts';
import { choosePoints } from './downsampling.ts';
import { asSteps, asValues } from './metric-chunk.ts';
import { columnsOf, EVERY_STEP, kindsOf, type StepRange } from './metric-kinds.ts';
import { rowsOf } from './metric-rows.ts';
import type { MetricRows, MetricRowsSelection, MetricsSelection, MetricStore } from '../store.ts';

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
    // A smoothed curve depends on everything before it.
    const range: StepRange = query.smoothing ? { ...shown, fromStep: EVERY_STEP.fromStep } : shown;
    const series = new Map<string, Column>();
    const kinds = await kindsOf(this.#database.pool, runId);
    for (const kind of kinds) {
      const wanted = kind.keys.filter((key) => !query.keys || query.keys.includes(key));
      if (wanted.length === 0) continue;
      for (const [steps, ...columns] of await columnsOf(this.#database.pool, runId, kind, {
        wanted,
        range,
        isOnlyKind: kinds.length === 1,
      })) {
        for (const [i, key] of wanted.entries()) {
          const every = isWindowMean(key) ? kind.every : null;
          const column = series.get(key) ?? new Column(every);
          series.set(key, column);
          if (every !== column.every) column.every = null;
          column.append(asSteps(steps as Buffer), asValues(columns[i] as Buffer));
        }
      }
    }
    return Object.fromEntries(
      [...series].map(([key, column]) => {
        const { every } = column;
        const all = column.within(range);
        const smoothed = query.smoothing ? smooth(all, every ?? 1, query.smoothing, query.smoothingRange) : undefined;
        // Everything up to the last step is in order, so what is shown is its end.
        const from = all.steps.length - countFrom(all.steps, shown.fromStep);
        const kept = choosePoints(all.steps.subarray(from), all.values.subarray(from), {
          points: query.points === 'all' ? all.steps.length : query.points,
          spacing: query.spacing ?? 'even',
        }).map((i) => i + from);
        return [
          key,
          {
            steps: kept.map((i) => all.steps[i] as number),
            values: kept.map((i) => orNull(all.values[i])),
            ...(kept.length < all.steps.length - from && { of: all.steps.length - from }),
            ...(smoothed && { smoothed: kept.map((i) => orNull(smoothed[i])) }),
            ...(every !== null && { every }),
          },
        ];
      }),
    );
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
    if (!isId('run', runId)) return { steps: [], at: [] };
    // Of a step that was reported again after a restart, the first time counts; later steps have later times.
    const { rows } = await this.#database.pool.query<{ step: number; at: number }>(
      `select step, at from (
        select step, at, row_number() over (order by step) as place, count(*) over () as count from (
          select step, (extract(epoch from min(at)) * 1000)::float8 as at
          from run_messages where run_id = $1 and type = 'metrics' group by step
        ) reports
      ) numbered where place = 1 or place = count or place % greatest(1, count / $2::int) = 0 order by step`,
      [runId, points],
    );
    let latest = -Infinity;
    return {
      steps: rows.map(({ step }) => step),
      at: rows.map(({ at }) => (latest = Math.max(latest, Math.round(at)))),
    };
  }
}

const orNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** Each value at the middle of its window, as it is drawn. `range` is in steps. */
function smooth(
  { steps, values }: { steps: Int32Array; values: Float64Array },
  every: number,
  smoothing: number,
  range = (steps.at(-1) ?? 0) - (steps[0] ?? 0),
): Float64Array {
  const smoother = new Smoother(smoothing, range);
  return Float64Array.from(values, (value, i) => smoother.next(middleOfWindow(steps[i] as number, every), value));
}

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

/** A series, collected from rows. */
class Column {
  /** The length of the windows, if its values are means over windows of one length. */
  every: number | null;
  readonly #steps: Int32Array[] = [];
  readonly #values: Float64Array[] = [];

  constructor(every: number | null) {
    this.every = every;
  }

  append(steps: Int32Array, values: Float64Array): void {
    this.#steps.push(steps);
    this.#values.push(values);
  }

  /** The points within the range, in order of step even if two kinds of chunks have the same key. */
  within({ fromStep, toStep }: StepRange): { steps: Int32Array; values: Float64Array } {
    const steps = joined(this.#steps, Int32Array);
    const values = joined(this.#values, Float64Array);
    const isAscending = isInOrder(steps);
    // Nearly always true, and then nothing has to be sorted.
    if (isAscending && (steps[0] ?? fromStep) >= fromStep && (steps.at(-1) ?? toStep) <= toStep)
      return { steps, values };
    const order: number[] = [];
    for (let i = 0; i < steps.length; i += 1)
      if ((steps[i] as number) >= fromStep && (steps[i] as number) <= toStep) order.push(i);
    if (!isAscending) order.sort((a, b) => (steps[a] as number) - (steps[b] as number) || a - b);
    return {
      steps: Int32Array.from(order, (i) => steps[i] as number),
      values: Float64Array.from(order, (i) => values[i] as number),
    };
  }
}

function isInOrder(steps: Int32Array): boolean {
  for (let i = 1; i < steps.length; i += 1) if ((steps[i] as number) < (steps[i - 1] as number)) return false;
  return true;
}

function joined<T extends Int32Array | Float64Array>(parts: readonly T[], Type: new (length: number) => T): T {
  const all = new Type(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
