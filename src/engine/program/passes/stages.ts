/**
 * Where each node of a program is computed. Every operator costs about half a microsecond before it has done any work,
 * so
 * what need not be done step by step is done for all K steps of a call at once:
 *
 * - `constant`: depends neither on the step nor on a state that changes: once per call.
 * - `before`: depends on step inputs alone, so all steps are known beforehand: one-hot targets, learning rates, small
 * batches.
 * - `body`: the steps proper, one after another.
 * - `after`: only measures, on values that the steps left behind: losses, accuracy, the counters of small layers.
 *
 * Values that cross between `body` and the other two are kept for all K steps, so only small ones may.
 */
import type { StateBinding } from '../program.ts';
import type { FusedProgram, Operator } from './fusion.ts';

export type Stage = 'constant' | 'before' | 'body' | 'after';

/**
 * A state to which every step only adds `value`, or with which it only takes the maximum: it can wait until all steps
 * are done.
 */
export interface Accumulator {
  state: StateBinding;
  next: Operator;
  value: number;
  reduction: 'ReduceSum' | 'ReduceMax';
}

export interface Staging {
  stages: Stage[];
  accumulators: Accumulator[];
}

/**
 * Largest values that cross, in elements: of those with a row for each sample (the batch itself does not count, as
 * there are fewer
 * steps in a call when it grows), and of others. Measured: beyond this, moving memory costs more than the operators
 * saved.
 */
const CROSSING_LIMIT = { perSample: 32, perStep: 8192 } as const;
/**
 * All that a sample leaves behind together: what a call keeps for all its steps is bounded, also in a network of 200
 * layers.
 */
const KEPT_PER_SAMPLE = 2048;

export function stageProgram(program: FusedProgram, perSample: number = CROSSING_LIMIT.perSample): Staging {
  const nodes = program.nodes.filter((node) => node !== null);
  const users = program.nodes.map((): number[] => []);
  for (const node of nodes) for (const input of node.inputs) users[input]!.push(node.id);
  const isSmall = (node: Operator): boolean =>
    elementsOf(node) <= (isPerSample(node) ? perSample : CROSSING_LIMIT.perStep);
  const accumulators = program.states.flatMap((state) => accumulatorOf(program, state, users, isSmall) ?? []);

  const stages: Stage[] = [];
  const stageOf = (id: number): Stage => stages[id]!;
  const waiting = new Set(accumulators.map(({ state }) => state));
  const carried = new Set(
    program.states.filter((state) => state.next !== null && !waiting.has(state)).map(({ input }) => input),
  );
  const accumulating = new Set(accumulators.map(({ next }) => next.id));
  for (const node of nodes)
    stages[node.id] = accumulating.has(node.id) ? 'after' : earliestStage(node, carried, stageOf, isSmall);
  moveAfter(program, nodes, users, stages, accumulating, isSmall);
  const kept = nodes.filter(
    (node) =>
      isPerSample(node) && stageOf(node.id) === 'body' && users[node.id]!.some((user) => stageOf(user) === 'after'),
  );
  const isTooMuch = kept.reduce((sum, node) => sum + elementsOf(node), 0) > KEPT_PER_SAMPLE;
  return isTooMuch && perSample > 0 ? stageProgram(program, perSample >> 1) : { stages, accumulators };
}

function accumulatorOf(
  program: FusedProgram,
  state: StateBinding,
  users: readonly number[][],
  isSmall: (node: Operator) => boolean,
): Accumulator | null {
  if (state.next === null) return null;
  const next = program.nodes[state.next]!;
  const isResult = (id: number): boolean =>
    program.outputs.some(({ node }) => node === id) ||
    program.states.some((other) => other !== state && other.next === id);
  const isOnlyUse =
    users[state.input]!.length === 1 && users[next.id]!.length === 0 && !isResult(next.id) && !isResult(state.input);
  if ((next.op !== 'add' && next.op !== 'maximum') || !next.inputs.includes(state.input) || !isOnlyUse) return null;
  const value = next.inputs[0] === state.input ? next.inputs[1] : next.inputs[0];
  const { shape } = program.nodes[value]!;
  if (shape.length !== 1 || shape[0] !== next.shape[0] || !isSmall(program.nodes[value]!)) return null;
  return { state, next, value, reduction: next.op === 'add' ? 'ReduceSum' : 'ReduceMax' };
}

function earliestStage(
  node: Operator,
  carried: ReadonlySet<number>,
  stageOf: (id: number) => Stage,
  isSmall: (node: Operator) => boolean,
): Stage {
  if (node.op === 'input') return node.role === 'step' ? 'before' : carried.has(node.id) ? 'body' : 'constant';
  const operands = node.inputs.map(stageOf);
  if (operands.every((stage) => stage === 'constant')) return 'constant';
  return operands.every((stage) => stage === 'constant' || stage === 'before') &&
    isSmall(node) &&
    canBatchSteps(node, stageOf)
    ? 'before'
    : 'body';
}

/** Moves the nodes of the body behind it that only measure, as long as what they read is small or there anyway. */
function moveAfter(
  program: FusedProgram,
  nodes: readonly Operator[],
  users: readonly number[][],
  stages: Stage[],
  fixed: ReadonlySet<number>,
  isSmall: (node: Operator) => boolean,
): void {
  const updates = new Set(program.states.map(({ next }) => next));
  const stageOf = (id: number): Stage => stages[id]!;
  for (const node of nodes.toReversed()) {
    const onlyMeasures = !updates.has(node.id) && users[node.id]!.every((user) => stageOf(user) === 'after');
    if (stageOf(node.id) === 'body' && node.op !== 'input' && onlyMeasures && canBatchSteps(node, stageOf))
      stages[node.id] = 'after';
  }
  // One that turns out to read something large has to be in the body, and so has all that it reads; which may be large
  // for others.
  const takeBack = (id: number): void => {
    if (stageOf(id) !== 'after') return;
    stages[id] = 'body';
    program.nodes[id]!.inputs.forEach(takeBack);
  };
  const readsLarge = (node: Operator): boolean =>
    stageOf(node.id) === 'after' &&
    !fixed.has(node.id) &&
    node.inputs.some((input) => stageOf(input) === 'body' && !isSmall(program.nodes[input]!));
  for (let found = nodes.find(readsLarge); found; found = nodes.find(readsLarge)) takeBack(found.id);
}

const isPerSample = ({ shape }: Operator): boolean => shape.includes('batch');
const elementsOf = ({ shape }: Operator): number =>
  shape.reduce<number>((product, size) => (size === 'batch' ? product : product * size), 1);

/** Operations that do K steps at once when their operands get a leading dimension of K. */
function canBatchSteps(node: Operator, stageOf: (id: number) => Stage): boolean {
  switch (node.op) {
    case 'matMul':
    case 'gemm':
    case 'slice':
    case 'broadcastLike':
      return false;
    case 'gather':
      return stageOf(node.inputs[0]) === 'constant';
    case 'concat':
      return node.inputs.every((input) => stageOf(input) !== 'constant');
    default:
      return true;
  }
}
