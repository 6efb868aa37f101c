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
}

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
  return {
    operations: computed.length,
    multiplyAdds: multiplyAdds.reduce((sum, count) => sum + count, 0),
    elements: others.reduce((sum, { shape }) => sum + elementCount(shape, batchSize), 0),
  };
}

/** Microseconds: of a step, of an operation, and of a thousand multiply-adds and elements. */
export interface Prices {
  readonly perStep: number;
  readonly perOperation: number;
  readonly perKiloMultiplyAdd: number;
  readonly perKiloElement: number;
}

export const costOf = ({ operations, multiplyAdds, elements }: Work, prices: Prices): number =>
  prices.perStep +
  operations * prices.perOperation +
  (multiplyAdds * prices.perKiloMultiplyAdd + elements * prices.perKiloElement) / 1000;

/** Microseconds of a step of the first routine with this batch size, about. */
export const costOfStep = ([step]: readonly Routine[], batchSize: number, prices: Prices): number =>
  step ? costOf(workOf(step, batchSize), prices) : 0;
