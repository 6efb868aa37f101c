/**
 * A tensor program as an executor sees it: one STEP of work, as nodes in an order in which they can be computed.
 * verify.ts checks this contract.
 *
 * A program is run for K steps at once with one batch size B. Its inputs have three roles:
 * - `state`: carried from step to step and from run to run; float32 vectors of fixed length. Programs that are opened
 *   together share their states by name. A binding with `next` is updated: the next step, and everything that reads the
 *   state afterwards, sees that node's value. A binding with `next: null` is only read.
 * - `data`: the whole data set, handed over once when the programs are opened; programs gather rows of it by index.
 * - `step`: handed over with every run, one slice for each step: an array of [K, ...shape], 'batch' standing for B.
 * Its `outputs` are what a step measures; K steps give arrays of [K, ...shape].
 *
 * Within a step every update reads the states as they were when the step began. A program has no randomness and no
 * clock: dropout masks, learning rates and the optimizer's bias corrections are step inputs made on the host, so every
 * executor computes the same.
 */
import type { Node } from './operations.ts';

export interface StateBinding {
  readonly name: string;
  readonly input: number;
  readonly next: number | null;
}
export interface Output {
  readonly name: string;
  readonly node: number;
}

export interface Program {
  readonly name: string;
  /** nodes[i].id === i; operands come before their users; every node is needed for an output or a state. */
  readonly nodes: readonly Node[];
  readonly states: readonly StateBinding[];
  readonly outputs: readonly Output[];
}

/**
 * Programs that make a step together, one after another: each reads the states as those before it left them. An
 * executor may run them one by one, or join them (join.ts).
 */
export interface Routine {
  readonly name: string;
  readonly programs: readonly Program[];
  /**
   * States that hand values from one program to the next within a step. Every step writes them before it reads them, so
   * they have no first value, and nobody asks for them afterwards.
   */
  readonly handedOver: readonly string[];
  /** Steps have at most so many samples. */
  readonly largestBatch: number;
}

/** A program that makes a step alone. */
export const routineOf = (program: Program, largestBatch: number): Routine => ({
  name: program.name,
  programs: [program],
  handedOver: [],
  largestBatch,
});

/** Ids of a step's results: its outputs and the next values of its states. */
export const resultsOf = ({ outputs, states }: Pick<Program, 'outputs' | 'states'>): number[] => [
  ...outputs.map(({ node }) => node),
  ...states.flatMap(({ next }) => next ?? []),
];

export type InputNode = Node<'input'>;

/** The program's inputs of one role, in order of declaration. */
export const inputsOf = (program: Program, role: InputNode['role']): InputNode[] =>
  program.nodes.filter((node): node is InputNode => node.op === 'input' && node.role === role);
