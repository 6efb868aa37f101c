/** The reductions over the batch that were taken out of a program, made of the values that it leaves in memory. */
import type { RunOrder } from '../executor.ts';
import { compileColumnReductions, NEUTRAL, type ReducedMatrix } from './column-loops.ts';
import type { ColumnReduction } from './column-reductions.ts';
import type { Part, PreparedPart } from './part.ts';
import type { StateMemory } from './state-memory.ts';

/** Batch sizes that stay compiled: the usual one, and the rest of an epoch. */
const MOST_COMPILED = 2;

export class ColumnPart implements Part {
  readonly #reductions: readonly ColumnReduction[];
  readonly #memory: StateMemory;
  readonly #compiled = new Map<number, () => void>();

  constructor(reductions: readonly ColumnReduction[], memory: StateMemory) {
    this.#reductions = reductions;
    this.#memory = memory;
    for (const reduction of reductions) memory.view(workPlace(reduction)).fill(NEUTRAL[reduction.kind]);
  }

  /** Elements of the values that are reduced, and of the results while they are made. */
  static sizesOf(
    reductions: readonly ColumnReduction[],
    largestBatch: number,
  ): (readonly [name: string, elements: number])[] {
    return reductions.flatMap((reduction) => [
      // Loops read whole vectors, also at the end of the last row.
      [valuePlace(reduction.value), largestBatch * reduction.columns + 4] as const,
      [workPlace(reduction), reduction.columns] as const,
    ]);
  }

  prepare({ batchSize }: RunOrder): Promise<PreparedPart> {
    const run = this.#compiled.get(batchSize) ?? this.#compile(batchSize);
    return Promise.resolve({ outputs: new Map(), run });
  }

  async close(): Promise<void> {
    this.#compiled.clear();
    await Promise.resolve();
  }

  #compile(batchSize: number): () => void {
    const matrices = new Map<string, ReducedMatrix & { reductions: ReducedMatrix['reductions'][number][] }>();
    for (const reduction of this.#reductions) {
      const { kind, value, columns, of, state, offset, isJoined } = reduction;
      const address = this.#memory.offset(valuePlace(value));
      const matrix = matrices.get(value) ?? { address, rows: batchSize, columns, reductions: [] };
      const result = this.#memory.offset(state) + 4 * offset;
      matrix.reductions.push({ kind, of, work: this.#memory.offset(workPlace(reduction)), result, isJoined });
      matrices.set(value, matrix);
    }
    const run = compileColumnReductions([...matrices.values()], this.#memory.memory);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size >= MOST_COMPILED && oldest !== undefined) this.#compiled.delete(oldest);
    this.#compiled.set(batchSize, run);
    return run;
  }
}

/** Where a value lies that is reduced. */
export const valuePlace = (value: string): string => `reduced ${value}`;
const workPlace = ({ state, offset }: ColumnReduction): string => `work ${state} ${offset}`;
