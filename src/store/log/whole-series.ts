/** Series with every point that is stored, in memory. */
import type pg from 'pg';
import { isWindowMean } from '../../vocabulary/index.ts';
import { asSteps, asValues } from './metric-chunk.ts';
import { columnsOf, narrowed, type Kind, type StepRange } from './metric-kinds.ts';

export interface WholeSeries {
  /** The length of the windows, if the values are means over windows of one length. */
  every: number | null;
  steps: Int32Array;
  values: Float64Array;
}

/** The points within the range, in order of step even if two kinds have the same key. */
export async function wholeSeries(
  pool: pg.Pool,
  runId: string,
  kinds: readonly { kind: Kind; wanted: readonly string[] }[],
  range: StepRange,
): Promise<Map<string, WholeSeries>> {
  const series = new Map<string, Column>();
  for (const { kind, wanted } of kinds) {
    const part = await narrowed(pool, runId, kind, range);
    const rows = await columnsOf(pool, runId, part, { wanted, range, isOnlyKind: kinds.length === 1 });
    for (const [steps, ...columns] of rows) {
      for (const [i, key] of wanted.entries()) {
        const every = isWindowMean(key) ? kind.every : null;
        const column = series.get(key) ?? new Column(every);
        series.set(key, column);
        if (every !== column.every) column.every = null;
        column.append(asSteps(steps as Buffer), asValues(columns[i] as Buffer));
      }
    }
  }
  return new Map([...series].map(([key, column]) => [key, { every: column.every, ...column.within(range) }]));
}

/** A series, collected from rows. */
class Column {
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
