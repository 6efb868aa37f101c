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
  /** Elements that all other operations make. */
  readonly elements: number;
  /** Those of them that belong to values too large for a core's cache, such as the parameters of a large network. */
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
  const elements = computed.flatMap(({ op, shape }) => (op === 'matMul' ? [] : elementCount(shape, batchSize)));
  return {
    operations: computed.length,
    multiplyAdds: sumOf(multiplyAdds),
    elements: sumOf(elements),
    largeElements: sumOf(elements.filter((count) => count >= LARGE)),
  };
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Microseconds: of a step, of an operation, of a thousand multiply-adds and elements, and what large ones take in addition. */
export interface Prices {
  readonly perStep: number;
  readonly perOperation: number;
  readonly perKiloMultiplyAdd: number;
  readonly perKiloElement: number;
  readonly perKiloLargeElement: number;
}

export const costOf = (work: Work, prices: Prices): number =>
  prices.perStep +
  work.operations * prices.perOperation +
  (work.multiplyAdds * prices.perKiloMultiplyAdd +
    work.elements * prices.perKiloElement +
    work.largeElements * prices.perKiloLargeElement) /
    1000;

/** Microseconds of a step of the first routine with this batch size, about. */
export const costOfStep = ([step]: readonly Routine[], batchSize: number, prices: Prices): number =>
  step ? costOf(workOf(step, batchSize), prices) : 0;
