/** How much a step has to do, which is what the cost of an executor is estimated from. */
import type { Node, OperationName } from '../program/operations.ts';
import { joinPrograms } from '../program/join.ts';
import type { Routine } from '../program/program.ts';
import { elementCount } from '../program/shapes.ts';

export interface Work {
  /** Operations that compute something. */
  readonly operations: number;
  /** Multiply-adds of the products of matrices. */
  readonly multiplyAdds: number;
  /** Elements that all other operations make: of values with a row for each sample, and of all others. */
  readonly batchElements: number;
  readonly vectorElements: number;
  /** Those of the latter that belong to values too large for a core's cache, such as the parameters of a large network. */
  readonly largeElements: number;
}

/** Of 1 MiB. */
const LARGE = 2 ** 18;

/** They only say where values are. */
const FREE: ReadonlySet<OperationName> = new Set(['input', 'constant', 'reshape', 'slice', 'concat', 'broadcastLike']);

/** The work of one step of a routine with this batch size. */
export function workOf(routine: Routine, batchSize: number): Work {
  const { nodes } = joinPrograms(routine);
  const computed = nodes.filter(({ op }) => !FREE.has(op));
  const products = computed.filter((node): node is Node<'matMul'> => node.op === 'matMul');
  const multiplyAdds = products.map(({ inputs: [a], transposeA, shape }) => {
    const terms = nodes[a]?.shape[transposeA ? 0 : 1] ?? 1;
    return elementCount(shape, batchSize) * elementCount([terms], batchSize);
  });
  const others = computed.filter(({ op }) => op !== 'matMul');
  const sizesOf = (hasBatch: boolean): number[] =>
    others
      .filter(({ shape }) => shape.includes('batch') === hasBatch)
      .map(({ shape }) => elementCount(shape, batchSize));
  const vectors = sizesOf(false);
  return {
    operations: computed.length,
    multiplyAdds: sumOf(multiplyAdds),
    batchElements: sumOf(sizesOf(true)),
    vectorElements: sumOf(vectors),
    largeElements: sumOf(vectors.filter((size) => size >= LARGE)),
  };
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Microseconds: of a step, of an operation, and of a thousand of each of the others; large elements count twice. */
export interface Prices {
  readonly perStep: number;
  readonly perOperation: number;
  readonly perKiloMultiplyAdd: number;
  readonly perKiloBatchElement: number;
  readonly perKiloVectorElement: number;
  readonly perKiloLargeElement: number;
}

export const costOf = (work: Work, prices: Prices): number =>
  prices.perStep +
  work.operations * prices.perOperation +
  (work.multiplyAdds * prices.perKiloMultiplyAdd +
    work.batchElements * prices.perKiloBatchElement +
    work.vectorElements * prices.perKiloVectorElement +
    work.largeElements * prices.perKiloLargeElement) /
    1000;

/** Microseconds of a step of the first routine with this batch size, about. */
export const costOfStep = ([step]: readonly Routine[], batchSize: number, prices: Prices): number =>
  step ? costOf(workOf(step, batchSize), prices) : 0;
