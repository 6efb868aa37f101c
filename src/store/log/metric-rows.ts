/** Metrics as rows, one per step, read piece by piece: the memory that it takes does not depend on the run's length. */
import type pg from 'pg';
import type { MetricRows, MetricRowsSelection } from '../store.ts';
import { asSteps, asValues } from './metric-chunk.ts';
import {
  columnsOf,
  cut,
  EVERY_STEP,
  kindsOf,
  narrowed,
  numbersPerRow,
  type Kind,
  type StepRange,
} from './metric-kinds.ts';

const ROWS_PER_BATCH = 4096;

export async function rowsOf(
  pool: pg.Pool,
  runId: string,
  { keys: asked, fromStep, toStep }: MetricRowsSelection,
): Promise<{ keys: string[]; batches: AsyncIterable<MetricRows> }> {
  const kinds = await kindsOf(pool, runId);
  const keys = [...new Set(kinds.flatMap((kind) => kind.keys))].filter((key) => !asked || asked.includes(key));
  const range = { fromStep: fromStep ?? EVERY_STEP.fromStep, toStep: toStep ?? EVERY_STEP.toStep };
  const cursors = kinds
    .map((kind) => ({ kind, wanted: kind.keys.filter((key) => keys.includes(key)) }))
    .filter(({ wanted }) => wanted.length > 0)
    .map(
      ({ kind, wanted }) =>
        new Cursor(
          pointsOf(pool, runId, { kind, wanted, range }),
          wanted.map((key) => keys.indexOf(key)),
        ),
    );
  return { keys, batches: merged(cursors, keys.length) };
}

export interface Points {
  steps: Int32Array;
  values: Float64Array[];
}

/** The points of one kind within the range, about a MiB at a time. */
export async function* pointsOf(
  pool: pg.Pool,
  runId: string,
  { kind: whole, wanted, range }: { kind: Kind; wanted: readonly string[]; range: StepRange },
): AsyncGenerator<Points> {
  const kind = await narrowed(pool, runId, whole, range);
  const perPiece = numbersPerRow(kind);
  for (let { firstSeq } = kind; firstSeq <= kind.lastSeq; firstSeq += perPiece) {
    const piece = cut(kind, firstSeq, Math.min(kind.lastSeq, firstSeq + perPiece - 1));
    for (const [steps, ...columns] of await columnsOf(pool, runId, piece, { wanted, range }))
      if (steps) yield within({ steps: asSteps(steps), values: columns.map(asValues) }, range);
  }
}

/** Chunks reach beyond the range at its ends. */
function within({ steps, values }: Points, { fromStep, toStep }: StepRange): Points {
  const isWithin = (step: number): boolean => step >= fromStep && step <= toStep;
  if (steps.every(isWithin)) return { steps, values };
  const kept = Array.from(steps.keys()).filter((i) => isWithin(steps[i]!));
  return {
    steps: Int32Array.from(kept, (i) => steps[i]!),
    values: values.map((column) => Float64Array.from(kept, (i) => column[i]!)),
  };
}

/** Where the reading of one kind is. */
class Cursor {
  readonly #points: AsyncIterator<Points>;
  /** Where its columns belong in a row. */
  readonly #places: readonly number[];
  #piece: Points = { steps: new Int32Array(), values: [] };
  #next = 0;

  constructor(points: AsyncIterable<Points>, places: readonly number[]) {
    this.#points = points[Symbol.asyncIterator]();
    this.#places = places;
  }

  /** Undefined until `fill` has been called, and at the end. */
  get step(): number | undefined {
    return this.#piece.steps[this.#next];
  }
  get isEmpty(): boolean {
    return this.#next >= this.#piece.steps.length;
  }

  /** Reads the next piece if there is nothing left of the last one. */
  async fill(): Promise<void> {
    while (this.isEmpty) {
      const { value, done } = await this.#points.next();
      if (done) return;
      this.#piece = value;
      this.#next = 0;
    }
  }

  takeInto(columns: MetricRows['values'], row: number): void {
    for (const [i, place] of this.#places.entries()) {
      const value = this.#piece.values[i]?.[this.#next];
      columns[place]![row] = value !== undefined && Number.isFinite(value) ? value : null;
    }
    this.#next += 1;
  }
}

/** One row per step, with the columns of every kind that has it. */
async function* merged(cursors: readonly Cursor[], columnCount: number): AsyncGenerator<MetricRows> {
  const empty = (): MetricRows => ({ steps: [], values: Array.from({ length: columnCount }, () => []) });
  let batch = empty();
  for (;;) {
    for (const cursor of cursors) if (cursor.isEmpty) await cursor.fill();
    let step = Infinity;
    for (const cursor of cursors) step = Math.min(step, cursor.step ?? Infinity);
    if (step === Infinity) break;
    const row = batch.steps.push(step) - 1;
    for (const column of batch.values) column.push(undefined);
    for (const cursor of cursors) if (cursor.step === step) cursor.takeInto(batch.values, row);
    if (batch.steps.length === ROWS_PER_BATCH) {
      yield batch;
      batch = empty();
    }
  }
  if (batch.steps.length > 0) yield batch;
}
