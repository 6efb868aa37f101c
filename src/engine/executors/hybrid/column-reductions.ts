/**
 * Takes sums and maxima over a batch out of a program: those that are only joined to a state, such as the counters of
 * neurons, and sums that become a part of one, such as the gradients of biases. A library needs an operator for each of
 * them, with a pass over the whole layer; a loop makes all that is wanted of a layer in one pass (column-loops.ts).
 */
import type { Node } from '../../program/operations.ts';
import { resultsOf, type Program, type StateBinding } from '../../program/program.ts';
import { prune } from '../../program/prune.ts';
import { elementCount } from '../../program/shapes.ts';

/** What is reduced of every element: the value, minus it, its absolute value, or 1 where it is above 0, or is not 0. */
export type Reduced = 'value' | 'negated' | 'absolute' | 'positive' | 'nonZero';
export type ReductionKind = 'sum' | 'maximum';

/** A reduction over the rows of a value, [batch, columns]. */
export interface ColumnReduction {
  readonly kind: ReductionKind;
  readonly value: string;
  readonly columns: number;
  readonly of: Reduced;
  /** Where the results go: the state, from `offset` on, in elements. */
  readonly state: string;
  readonly offset: number;
  /** Whether they are joined to what is there: added to sums, compared with maxima. */
  readonly isJoined: boolean;
}

export interface SplitProgram {
  /** Without the states to which results are only joined. It puts out the values that are reduced. */
  readonly program: Program;
  /** Parts of states that the reductions make; the program need not. */
  readonly madeElsewhere: ReadonlySet<number>;
  readonly reductions: readonly ColumnReduction[];
}

type Found = Omit<ColumnReduction, 'value'> & { node: number; part: number };

export function splitColumnReductions(program: Program): SplitProgram {
  const joined = program.states.map((state) => ({ state, reductions: joinedReductions(program, state) }));
  const states = joined.flatMap(({ state, reductions }) => (reductions === null ? state : []));
  const set = states.flatMap((state) => setSums(program, state));
  const found = [...joined.flatMap(({ reductions }) => reductions ?? []), ...set];
  const nameOf = (node: number): string => `${program.name}: value ${node}`;
  const values = new Map(found.map(({ node }) => [nameOf(node), node]));
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
    reductions: found.map(({ node, part: _part, ...reduction }) => ({ ...reduction, value: nameOf(node) })),
  };
}

/** Null if the state is more than reductions over the batch that are joined to it. */
function joinedReductions(program: Program, { name, input, next }: StateBinding): Found[] | null {
  if (next === null) return null;
  const join = nodeAt(program, next);
  const isReadElsewhere = program.nodes.some((node) => node.id !== next && doesRead(node, input));
  const isResult = resultsOf(program).filter((id) => id === next || id === input).length > 1;
  if ((join.op !== 'add' && join.op !== 'maximum') || !join.inputs.includes(input) || isReadElsewhere || isResult)
    return null;
  const kind: ReductionKind = join.op === 'add' ? 'sum' : 'maximum';
  const parts = partsOf(program, join.inputs[0] === input ? join.inputs[1] : join.inputs[0]);
  const found = parts
    .filter(({ id }) => !(kind === 'sum' && isZero(nodeAt(program, id))))
    .map(({ id, offset }) => reductionOf(program, id, { kind, state: name, offset, isJoined: true }));
  return found.every((one) => one !== null) ? found : null;
}

/** The parts of the state that are sums over the batch, unless something else reads them too. */
function setSums(program: Program, { name, next }: StateBinding): Found[] {
  if (next === null) return [];
  const results = new Set(resultsOf(program));
  return partsOf(program, next).flatMap(({ id, offset }) => {
    const readers = program.nodes.filter((node) => doesRead(node, id)).length;
    const isOnlyPart = id === next ? readers === 0 : readers === 1 && !results.has(id);
    const place = { kind: 'sum', state: name, offset, isJoined: false } as const;
    return (isOnlyPart ? reductionOf(program, id, place) : null) ?? [];
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

const REDUCTIONS = { sum: 'reduceSum', maximum: 'reduceMax' } as const;

function reductionOf(
  program: Program,
  part: number,
  place: Pick<ColumnReduction, 'kind' | 'state' | 'offset' | 'isJoined'>,
): Found | null {
  const reduction = nodeAt(program, part);
  if (reduction.op !== REDUCTIONS[place.kind] || reduction.axes.join() !== '0' || reduction.keepDims) return null;
  const operand = reducedOf(program, reduction.inputs[0]);
  const { shape } = nodeAt(program, operand.node);
  const columns = Number(shape[1]);
  if (shape.length !== 2 || shape[0] !== 'batch' || Number.isNaN(columns)) return null;
  return { ...operand, ...place, columns, part };
}

function reducedOf(program: Program, id: number): { node: number; of: Reduced } {
  const node = nodeAt(program, id);
  if (node.op === 'abs') return { node: node.inputs[0], of: 'absolute' };
  if (node.op === 'neg') return { node: node.inputs[0], of: 'negated' };
  const comparison = node.op === 'cast' ? nodeAt(program, node.inputs[0]) : null;
  if (comparison?.op !== 'greater' || !isZero(nodeAt(program, comparison.inputs[1]))) return { node: id, of: 'value' };
  const [compared] = comparison.inputs;
  const size = nodeAt(program, compared);
  return size.op === 'abs'
    ? { node: size.inputs[0], of: 'nonZero' }
    : { node: rectified(program, compared), of: 'positive' };
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
