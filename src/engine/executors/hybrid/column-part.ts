/** The sums over the batch that were taken out of a program, computed from the values that it leaves in memory. */
import type { RunOrder } from '../executor.ts';
import { compileColumnSums, type SummedMatrix } from './column-loops.ts';
import type { ColumnSum } from './column-sums.ts';
import type { Part, PreparedPart } from './part.ts';
import type { StateMemory } from './state-memory.ts';

/** Batch sizes that stay compiled: the usual one, and the rest of an epoch. */
const MOST_COMPILED = 2;

export class ColumnPart implements Part {
  readonly #sums: readonly ColumnSum[];
  readonly #memory: StateMemory;
  readonly #compiled = new Map<number, () => void>();

  constructor(sums: readonly ColumnSum[], memory: StateMemory) {
    this.#sums = sums;
    this.#memory = memory;
  }

  /** Elements of the values that are summed, and of the sums while they are made. */
  static sizesOf(sums: readonly ColumnSum[], largestBatch: number): (readonly [name: string, elements: number])[] {
    return sums.flatMap((sum) => [
      // Loops read whole vectors, also at the end of the last row.
      [valuePlace(sum.value), largestBatch * sum.columns + 4] as const,
      [workPlace(sum), sum.columns] as const,
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
    const matrices = new Map<string, SummedMatrix & { sums: SummedMatrix['sums'][number][] }>();
    for (const sum of this.#sums) {
      const { value, columns, summand, state, offset, isAdded } = sum;
      const address = this.#memory.offset(valuePlace(value));
      const matrix = matrices.get(value) ?? { address, rows: batchSize, columns, sums: [] };
      const total = this.#memory.offset(state) + 4 * offset;
      matrix.sums.push({ summand, work: this.#memory.offset(workPlace(sum)), total, isAdded });
      matrices.set(value, matrix);
    }
    const run = compileColumnSums([...matrices.values()], this.#memory.memory);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size >= MOST_COMPILED && oldest !== undefined) this.#compiled.delete(oldest);
    this.#compiled.set(batchSize, run);
    return run;
  }
}

/** Where a value lies that is summed. */
export const valuePlace = (value: string): string => `summed ${value}`;
const workPlace = ({ state, offset }: ColumnSum): string => `sum ${state} ${offset}`;
