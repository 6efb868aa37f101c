/**
 * Decides where each node of a program is computed, for executors whose operators have an overhead: work that need not
 * be done step by step is done for all K steps of a call at once:
 *
 * - `constant`: depends neither on the step nor on a state that changes: once per call.
 * - `before`: depends on step inputs alone, so it is known for all steps in advance: one-hot targets, learning rates,
 *   small batches.
 * - `body`: the steps themselves, one after another.
 * - `after`: only measures values that the steps left behind: losses, accuracy, the counters of small layers.
 *
 * Values that cross between `body` and the stages around it are kept for all K steps, so only small ones may.
 */
import { BINARY, COMPARISON, each, UNARY } from '../operations.ts';
import { resultsOf, type StateBinding } from '../program.ts';
import { elementCount } from '../shapes.ts';
import type { FusedProgram, Operator, OperatorName } from './operators.ts';

export type Stage = 'constant' | 'before' | 'body' | 'after';

/**
 * A state to which every step only adds `value`, or with which it only takes the maximum. It can wait until all steps
 * are done.
 */
export interface Accumulator {
  state: StateBinding;
  next: Operator;
  value: number;
  /** The operation that joins the values of all steps. */
  reduction: 'reduceSum' | 'reduceMax';
}

export interface Staging {
  /** By id; undefined for nodes that the program does not have. */
  stages: readonly (Stage | undefined)[];
  accumulators: Accumulator[];
}

/**
 * Largest values that may cross, in elements: of those with a row for each sample (the batch itself does not count,
 * because a call has fewer steps when it grows), and of others. Beyond them, moving memory costs an executor more than
 * the saved operators.
 */
export interface CrossingLimits {
  readonly perSample: number;
  readonly perStep: number;
}
/** Limit of all per-sample values that cross together, so that what a call keeps is bounded in deep networks too. */
const KEPT_PER_SAMPLE = 2048;

export function stageProgram(program: FusedProgram, limits: CrossingLimits): Staging {
  const staging = new Stager(program, limits).stage();
  return staging ?? stageProgram(program, { ...limits, perSample: limits.perSample >> 1 });
}

class Stager {
  readonly #program: FusedProgram;
  readonly #limits: CrossingLimits;
  readonly #nodes: readonly Operator[];
  readonly #users = new Map<number, number[]>();
  readonly #stages: (Stage | undefined)[];

  constructor(program: FusedProgram, limits: CrossingLimits) {
    this.#program = program;
    this.#limits = limits;
    this.#nodes = program.nodes.filter((node) => node !== null);
    this.#stages = program.nodes.map(() => undefined);
    for (const { id, inputs } of this.#nodes) {
      for (const input of inputs) {
        const users = this.#users.get(input);
        if (users) users.push(id);
        else this.#users.set(input, [id]);
      }
    }
  }

  /** Null if too much would cross. */
  stage(): Staging | null {
    const accumulators = this.#program.states.flatMap((state) => this.#accumulatorOf(state) ?? []);
    const accumulating = new Set(accumulators.map(({ next }) => next.id));
    const waiting = new Set(accumulators.map(({ state }) => state));
    const carried = new Set(
      this.#program.states.filter((state) => state.next !== null && !waiting.has(state)).map(({ input }) => input),
    );
    for (const node of this.#nodes)
      this.#stages[node.id] = accumulating.has(node.id) ? 'after' : this.#earliestStage(node, carried);
    this.#moveAfter(accumulating);
    return this.#keepsTooMuch() && this.#limits.perSample > 0 ? null : { stages: this.#stages, accumulators };
  }

  #accumulatorOf(state: StateBinding): Accumulator | null {
    if (state.next === null) return null;
    const next = this.#node(state.next);
    const isResult = (id: number): boolean =>
      resultsOf({ ...this.#program, states: this.#program.states.filter((other) => other !== state) }).includes(id);
    const isOnlyUse =
      this.#usersOf(state.input).length === 1 &&
      this.#usersOf(next.id).length === 0 &&
      !isResult(next.id) &&
      !isResult(state.input);
    if ((next.op !== 'add' && next.op !== 'maximum') || !next.inputs.includes(state.input) || !isOnlyUse) return null;
    const value = this.#node(next.inputs[0] === state.input ? next.inputs[1] : next.inputs[0]);
    if (value.shape.length !== 1 || value.shape[0] !== next.shape[0] || !this.#isSmall(value)) return null;
    return { state, next, value: value.id, reduction: next.op === 'add' ? 'reduceSum' : 'reduceMax' };
  }

  #earliestStage(node: Operator, carried: ReadonlySet<number>): Stage {
    if (node.op === 'input') return node.role === 'step' ? 'before' : carried.has(node.id) ? 'body' : 'constant';
    const operands = node.inputs.map((id) => this.#stageOf(id));
    if (operands.every((stage) => stage === 'constant')) return 'constant';
    const areKnown = operands.every((stage) => stage === 'constant' || stage === 'before');
    return areKnown && this.#isSmall(node) && BATCHING[node.op](operands) ? 'before' : 'body';
  }

  /** Moves nodes that only measure out of the body, as long as what they read is small or already outside of it. */
  #moveAfter(accumulating: ReadonlySet<number>): void {
    const updates = new Set(this.#program.states.map(({ next }) => next));
    for (const node of this.#nodes.toReversed()) {
      const onlyMeasures =
        !updates.has(node.id) && this.#usersOf(node.id).every((user) => this.#stageOf(user) === 'after');
      const operands = node.inputs.map((id) => this.#stageOf(id));
      if (this.#stageOf(node.id) === 'body' && node.op !== 'input' && onlyMeasures && BATCHING[node.op](operands))
        this.#stages[node.id] = 'after';
    }
    const readsLarge = (node: Operator): boolean =>
      this.#stageOf(node.id) === 'after' &&
      !accumulating.has(node.id) &&
      node.inputs.some((input) => this.#stageOf(input) === 'body' && !this.#isSmall(this.#node(input)));
    for (let found = this.#nodes.find(readsLarge); found; found = this.#nodes.find(readsLarge))
      this.#takeBack(found.id);
  }

  /**
   * A node that reads something large must be in the body, and so must everything that it reads, which may be large for
   * other nodes.
   */
  #takeBack(id: number): void {
    if (this.#stageOf(id) !== 'after') return;
    this.#stages[id] = 'body';
    for (const input of this.#node(id).inputs) this.#takeBack(input);
  }

  #keepsTooMuch(): boolean {
    const kept = this.#nodes.filter(
      (node) =>
        isPerSample(node) &&
        this.#stageOf(node.id) === 'body' &&
        this.#usersOf(node.id).some((user) => this.#stageOf(user) === 'after'),
    );
    return kept.reduce((sum, node) => sum + elementsOf(node), 0) > KEPT_PER_SAMPLE;
  }

  #isSmall(node: Operator): boolean {
    return elementsOf(node) <= (isPerSample(node) ? this.#limits.perSample : this.#limits.perStep);
  }
  #usersOf(id: number): readonly number[] {
    return this.#users.get(id) ?? [];
  }
  #stageOf(id: number): Stage | undefined {
    return this.#stages[id];
  }
  #node(id: number): Operator {
    const node = this.#program.nodes[id];
    if (!node) throw new TypeError(`There is no node ${id}.`);
    return node;
  }
}

const isPerSample = ({ shape }: Operator): boolean => shape.includes('batch');
const elementsOf = ({ shape }: Operator): number => elementCount(shape, 1);

/** Whether an operation computes K steps at once when its operands have K in front, given the operands' stages. */
type Batching = (operands: readonly (Stage | undefined)[]) => boolean;
const always: Batching = () => true;
const never: Batching = () => false;

const BATCHING: Record<OperatorName, Batching> = {
  ...each(UNARY, always),
  ...each(BINARY, always),
  ...each(COMPARISON, always),
  input: always,
  constant: always,
  cast: always,
  matMul: never,
  affine: never,
  reduceSum: always,
  reduceMax: always,
  sumOfSquares: always,
  softmax: always,
  scaledSoftmax: always,
  argMax: always,
  // One table for all steps.
  gather: ([table]) => table === 'constant',
  reshape: always,
  slice: never,
  // Parts that have no K in front cannot be joined to those that do.
  concat: (parts) => parts.every((stage) => stage !== 'constant'),
  broadcastLike: never,
};
