/**
 * Sums and maxima over the batch that a step only joins to a state, such as the counters of neurons. They run on
 * from step to step, four samples at a time, and are folded and joined to the state after many of them: in every step
 * that would take as long as the sums themselves where a batch has few samples.
 */
import type { OperationName } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { f32x4, i32, v128, type Code, type FunctionWriter } from './encoder.ts';
import { fold, storeLanes, type Join } from './folds.ts';
import type { Forms } from './forms.ts';
import { bytesOf, LANES, VECTOR_BYTES } from './layout.ts';
import type { Loop } from './loops.ts';
import type { Place, Placement } from './placement.ts';

/** A reduction that runs on. */
export interface RunningSum {
  /** The node of the reduction, and the one that would join it to the state in every step. */
  readonly sum: number;
  readonly next: number;
  readonly state: Place;
  /** Each has a vector of its own. */
  readonly elements: number;
}

/** A running sum in memory, which begins with `neutral`. Addresses are in bytes. */
export interface PlacedSum {
  readonly address: number;
  readonly state: number;
  readonly elements: number;
  readonly neutral: number;
  /** What is made of a vector before its lanes are joined. */
  readonly total: (sum: Code) => Code;
  readonly join: Join;
}

const JOINED_BY: Partial<Record<OperationName, OperationName>> = { reduceSum: 'add', reduceMax: 'maximum' };

export function findRunningSums(program: Program, forms: Forms, placement: Placement): RunningSum[] {
  const finder = new RunningSumFinder(program, forms, placement);
  return placement.loops
    .filter(({ kind }) => kind === 'units' || kind === 'samples')
    .flatMap((loop) =>
      [...loop.nodes].flatMap(([id, level]) => (level === 'row' ? (finder.find(loop, id) ?? []) : [])),
    );
}

class RunningSumFinder {
  readonly #program: Program;
  readonly #forms: Forms;
  readonly #placement: Placement;
  /** What reads a value, or a view of it: the node, and the operand. */
  readonly #readers = new Map<number, { reader: number; operand: number }[]>();

  constructor(program: Program, forms: Forms, placement: Placement) {
    this.#program = program;
    this.#forms = forms;
    this.#placement = placement;
    for (const { id, inputs } of program.nodes) {
      if (forms.of(id).kind === 'view') continue;
      for (const operand of inputs) {
        const { id: root } = forms.root(operand);
        const readers = this.#readers.get(root);
        if (readers) readers.push({ reader: id, operand });
        else this.#readers.set(root, [{ reader: id, operand }]);
      }
    }
  }

  /** The reduction over the batch that the node joins to a state, if it does nothing else and nothing else reads either. */
  find(loop: Loop, next: number): RunningSum | null {
    const { op, inputs } = this.#forms.node(next);
    const state = this.#placement.places.get(next);
    const sum = inputs.find((operand) => this.#forms.of(operand).kind === 'overBatch' && loop.nodes.has(operand));
    const old = inputs.find((operand) => operand !== sum);
    if (!state || state.state === null || sum === undefined || old === undefined) return null;
    const elements = this.#elementsOf(next);
    const isPerElement = loop.kind === 'samples' || elements > 1 || loop.size === 1;
    if (JOINED_BY[this.#forms.node(sum).op] !== op || !isPerElement || !this.#isAt(old, state)) return null;
    const isReadElsewhere =
      this.#isRead(sum, next) ||
      this.#isOldRead(old, next) ||
      this.#placement.places.has(sum) ||
      !this.#isOnlyNext(next);
    return isReadElsewhere ? null : { sum, next, state, elements };
  }

  /** Whether the operand is the state's old value at this place. */
  #isAt(operand: number, { state, offset }: Place): boolean {
    const root = this.#forms.root(operand);
    const node = this.#forms.node(root.id);
    return node.op === 'input' && node.role === 'state' && node.name === state && 4 * root.offset === offset;
  }

  #isRead(root: number, except: number): boolean {
    return this.#isShown(root) || this.#readersOf(root).some(({ reader }) => reader !== except);
  }
  /** Whether anything else reads one of these elements of a state. */
  #isOldRead(old: number, except: number): boolean {
    const { id, offset } = this.#forms.root(old);
    const end = offset + this.#elementsOf(old);
    const others = this.#readersOf(id).filter(({ reader }) => reader !== except);
    return (
      this.#isShown(id) ||
      others.some(({ operand }) => {
        const { offset: start } = this.#forms.root(operand);
        return start < end && start + this.#elementsOf(operand) > offset;
      })
    );
  }
  /** Whether the value is only a state's next one, or joined with others to it. */
  #isOnlyNext(id: number): boolean {
    const readers = this.#readersOf(id).map(({ reader }) => reader);
    const isJoined = readers.every((reader) => this.#forms.of(reader).kind === 'concat' && !this.#isRead(reader, id));
    return isJoined && !this.#isShown(id);
  }
  #isShown(root: number): boolean {
    return this.#program.outputs.some(({ node }) => this.#forms.root(node).id === root);
  }

  #readersOf(root: number): readonly { reader: number; operand: number }[] {
    return this.#readers.get(root) ?? [];
  }
  #elementsOf(id: number): number {
    return bytesOf(this.#forms.layout(id), this.#forms.batch) / 4;
  }
}

/** Before the first of some steps. */
export function startSums(f: FunctionWriter, sums: readonly PlacedSum[]): void {
  const at = f.local('i32');
  for (const { address, elements, neutral } of sums)
    f.loop(at, i32.const(0), i32.const(VECTOR_BYTES * elements), VECTOR_BYTES, () =>
      f.emit(v128.store(at.get, address, f32x4.const(neutral))),
    );
}

/** After the last one. */
export function joinSums(f: FunctionWriter, sums: readonly PlacedSum[]): void {
  const at = f.local('i32');
  for (const { address, state, elements, join, total } of sums) {
    const joinNext = (count: number): void => {
      const vectors = f.let('i32', i32.mul(at.get, i32.const(LANES)));
      const parts = Array.from({ length: count }, (_, lane) =>
        f.let('v128', total(v128.load(vectors.get, address + VECTOR_BYTES * lane))),
      );
      const folded = f.let('v128', fold(f, parts, join));
      storeLanes(f, at.get, state, f.let('v128', join(v128.load(at.get, state), folded.get)), count);
    };
    const whole = elements - (elements % LANES);
    if (whole > 0) f.loop(at, i32.const(0), i32.const(4 * whole), VECTOR_BYTES, () => joinNext(LANES));
    if (elements === whole) continue;
    f.emit(at.set(i32.const(4 * whole)));
    joinNext(elements - whole);
  }
}
