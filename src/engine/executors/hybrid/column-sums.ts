/**
 * Takes sums over a batch out of a program: those that are only added to a state, such as the counters of neurons, and
 * those that become a part of one, such as the gradients of biases. A library needs an operator for each of them, with a
 * pass over the whole layer; a loop makes all sums of a layer in one pass (column-loops.ts).
 */
import type { Node } from '../../program/operations.ts';
import { resultsOf, type Program, type StateBinding } from '../../program/program.ts';
import { prune } from '../../program/prune.ts';
import { elementCount } from '../../program/shapes.ts';

/** What is summed of every element: the value, its absolute value, or 1 where it is above 0. */
export type Summand = 'value' | 'absolute' | 'positive';

/** Sums over the rows of a value, [batch, columns]. */
export interface ColumnSum {
  readonly value: string;
  readonly columns: number;
  readonly summand: Summand;
  /** Where they go: the state, from `offset` on, in elements. */
  readonly state: string;
  readonly offset: number;
  /** Whether they are added to what is there. */
  readonly isAdded: boolean;
}

export interface SplitProgram {
  /** Without the states to which sums are only added. It puts out the values that are summed. */
  readonly program: Program;
  /** Parts of states that the sums make; the program need not. */
  readonly madeElsewhere: ReadonlySet<number>;
  readonly sums: readonly ColumnSum[];
}

type Found = Omit<ColumnSum, 'value'> & { node: number; part: number };

export function splitColumnSums(program: Program): SplitProgram {
  const added = program.states.map((state) => ({ state, sums: addedSums(program, state) }));
  const states = added.flatMap(({ state, sums }) => (sums === null ? state : []));
  const set = states.flatMap((state) => setSums(program, state));
  const sums = [...added.flatMap((found) => found.sums ?? []), ...set];
  const nameOf = (node: number): string => `${program.name}: value ${node}`;
  const values = new Map(sums.map(({ node }) => [nameOf(node), node]));
  const parts = set.map(({ part }, index) => ({ name: `part ${index}`, node: part }));
  // Ids are counted anew, so the parts go along as outputs.
  const rest = prune({
    ...program,
    states,
    outputs: [...program.outputs, ...[...values].map(([name, node]) => ({ name, node })), ...parts],
  });
  const end = rest.outputs.length - parts.length;
  return {
    program: { ...rest, outputs: rest.outputs.slice(0, end) },
    madeElsewhere: new Set(rest.outputs.slice(end).map(({ node }) => node)),
    sums: sums.map(({ node, part: _part, ...sum }) => ({ ...sum, value: nameOf(node) })),
  };
}

/** Null if the state is more than sums over the batch that are added to it. */
function addedSums(program: Program, { name, input, next }: StateBinding): Found[] | null {
  if (next === null) return null;
  const sum = nodeAt(program, next);
  const isReadElsewhere = program.nodes.some((node) => node.id !== next && doesRead(node, input));
  const isResult = resultsOf(program).filter((id) => id === next || id === input).length > 1;
  if (sum.op !== 'add' || !sum.inputs.includes(input) || isReadElsewhere || isResult) return null;
  const parts = partsOf(program, sum.inputs[0] === input ? sum.inputs[1] : sum.inputs[0]);
  const found = parts.map(({ id, offset }) => sumOf(program, id, { state: name, offset, isAdded: true }));
  return found.every((one) => one !== null) ? found : null;
}

/** The parts of the state that are sums over the batch, unless something else reads them too. */
function setSums(program: Program, { name, next }: StateBinding): Found[] {
  if (next === null) return [];
  const results = new Set(resultsOf(program));
  return partsOf(program, next).flatMap(({ id, offset }) => {
    const readers = program.nodes.filter((node) => doesRead(node, id)).length;
    const isOnlyPart = id === next ? readers === 0 : readers === 1 && !results.has(id);
    const sum = isOnlyPart ? sumOf(program, id, { state: name, offset, isAdded: false }) : null;
    return sum ?? [];
  });
}

/** The parts of a vector that is joined of several, or the vector itself. */
function partsOf(program: Program, id: number): { id: number; offset: number }[] {
  const vector = nodeAt(program, id);
  let end = 0;
  return (vector.op === 'concat' ? vector.inputs : [id]).map((part) => {
    const offset = end;
    end += elementCount(nodeAt(program, part).shape, Number.NaN);
    return { id: part, offset };
  });
}

function sumOf(program: Program, part: number, place: Pick<ColumnSum, 'state' | 'offset' | 'isAdded'>): Found | null {
  const reduction = nodeAt(program, part);
  if (reduction.op !== 'reduceSum' || reduction.axes.join() !== '0' || reduction.keepDims) return null;
  const operand = summandOf(program, reduction.inputs[0]);
  const { shape } = nodeAt(program, operand.node);
  const columns = Number(shape[1]);
  if (shape.length !== 2 || shape[0] !== 'batch' || Number.isNaN(columns)) return null;
  return { ...operand, ...place, columns, part };
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
