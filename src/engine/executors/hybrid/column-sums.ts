/**
 * Takes states out of a program that only add up sums over a batch, such as the counters of neurons. A library needs an
 * operator for each of them, with a pass over the whole layer; a loop makes all sums of a layer in one pass
 * (column-loops.ts).
 */
import type { Node } from '../../program/operations.ts';
import { resultsOf, type Program, type StateBinding } from '../../program/program.ts';
import { prune } from '../../program/prune.ts';

/** What is summed of every element: the value, its absolute value, or 1 where it is above 0. */
export type Summand = 'value' | 'absolute' | 'positive';

/** Sums over the rows of a value, [batch, columns], which are added to the state from `offset` on, in elements. */
export interface ColumnSum {
  readonly value: string;
  readonly columns: number;
  readonly summand: Summand;
  readonly state: string;
  readonly offset: number;
}

export interface SplitProgram {
  /** Without those states. It puts out the values that are summed. */
  readonly program: Program;
  readonly sums: readonly ColumnSum[];
}

export function splitColumnSums(program: Program): SplitProgram {
  const found = program.states.map((state) => ({ state, sums: sumsOf(program, state) }));
  const sums = found.flatMap((state) => state.sums ?? []);
  const nameOf = (node: number): string => `${program.name}: value ${node}`;
  const values = new Map(sums.map(({ node }) => [nameOf(node), node]));
  return {
    program: prune({
      ...program,
      states: found.flatMap(({ state, sums: own }) => (own === null ? state : [])),
      outputs: [...program.outputs, ...[...values].map(([name, node]) => ({ name, node }))],
    }),
    sums: sums.map(({ node, ...sum }) => ({ ...sum, value: nameOf(node) })),
  };
}

type Found = Omit<ColumnSum, 'value'> & { node: number };

/** Null if the state is more than sums over the batch that are added to it. */
function sumsOf(program: Program, { name, input, next }: StateBinding): Found[] | null {
  if (next === null) return null;
  const sum = nodeAt(program, next);
  const isReadElsewhere = program.nodes.some((node) => node.id !== next && doesRead(node, input));
  const isResult = resultsOf(program).filter((id) => id === next || id === input).length > 1;
  if (sum.op !== 'add' || !sum.inputs.includes(input) || isReadElsewhere || isResult) return null;
  const added = nodeAt(program, sum.inputs[0] === input ? sum.inputs[1] : sum.inputs[0]);
  const parts = added.op === 'concat' ? added.inputs : [added.id];
  const found: Found[] = [];
  let offset = 0;
  for (const part of parts) {
    const reduction = nodeAt(program, part);
    if (reduction.op !== 'reduceSum' || reduction.axes.join() !== '0' || reduction.keepDims) return null;
    const operand = summandOf(program, reduction.inputs[0]);
    const { shape } = nodeAt(program, operand.node);
    const columns = Number(shape[1]);
    if (shape.length !== 2 || shape[0] !== 'batch' || Number.isNaN(columns)) return null;
    found.push({ ...operand, columns, state: name, offset });
    offset += columns;
  }
  return found;
}

function summandOf(program: Program, id: number): { node: number; summand: Summand } {
  const node = nodeAt(program, id);
  if (node.op === 'abs') return { node: node.inputs[0], summand: 'absolute' };
  const comparison = node.op === 'cast' ? nodeAt(program, node.inputs[0]) : null;
  if (comparison?.op === 'greater' && isZero(nodeAt(program, comparison.inputs[1])))
    return { node: rectified(program, comparison.inputs[0]), summand: 'positive' };
  return { node: id, summand: 'value' };
}

/** z > 0 is relu(z) > 0, and libraries join a product and its relu, so that z is no value of its own. */
function rectified(program: Program, z: number): number {
  const relu = program.nodes.find((node) => node.op === 'relu' && node.inputs[0] === z);
  return relu?.id ?? z;
}

const doesRead = ({ inputs }: { readonly inputs: readonly number[] }, id: number): boolean => inputs.includes(id);

const isZero = (node: Node): boolean => node.op === 'constant' && node.values.every((value) => value === 0);

function nodeAt(program: Program, id: number): Node {
  const node = program.nodes[id];
  if (!node) throw new TypeError(`There is no node ${id}.`);
  return node;
}
