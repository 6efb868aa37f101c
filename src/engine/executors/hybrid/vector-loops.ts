/**
 * Programs that compute with vectors of one length and with numbers, such as an optimizer's, as SIMD loops over the
 * memory in which their states lie. Everything between two sums is one loop, so each vector is read and written once:
 * without clipping, the gradient's norm and the optimizer are one pass.
 */
import type { Node } from '../../program/operations.ts';
import { inputsOf, type Program } from '../../program/program.ts';
import { f32x4, i32, i32x4, ModuleWriter, v128, type Code, type FunctionWriter, type Local } from '../wasm/encoder.ts';
import { compile, instantiate, type Memory } from '../wasm/runtime.ts';

/** Where things lie, in bytes. Vectors begin at multiples of 16. */
export interface VectorPlaces {
  readonly state: (name: string) => number;
  /** One number for each output. */
  readonly output: (name: string) => number;
  /** Constant vectors, by node. The caller has put them there. */
  readonly constant: (id: number) => number;
}

/** Instructions for each operation that loops can have. */
const UNARY_CODE: Partial<Record<Node['op'], (x: Code) => Code>> = {
  neg: f32x4.neg,
  abs: f32x4.abs,
  sqrt: f32x4.sqrt,
};
const BINARY_CODE: Partial<Record<Node['op'], (x: Code, y: Code) => Code>> = {
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  div: f32x4.div,
  maximum: f32x4.max,
  minimum: f32x4.min,
};

const isNumber = ({ shape }: Node): boolean => shape.length === 0;

/** Whether loops can compute the program. */
export function isVectorProgram(program: Program): boolean {
  const lengths = new Set(program.nodes.filter((node) => !isNumber(node)).map(({ shape }) => shape.join()));
  return (
    lengths.size === 1 &&
    program.nodes.every(isLoopNode) &&
    program.outputs.every(({ node }) => isNumber(nodeAt(program, node)))
  );
}

function isLoopNode(node: Node): boolean {
  if (node.dtype !== 'float32' || node.shape.length > 1 || node.shape.includes('batch')) return false;
  if (node.op === 'input') return node.role === 'state' || (node.role === 'step' && isNumber(node));
  return node.op === 'constant' || node.op === 'reduceSum' || node.op in UNARY_CODE || node.op in BINARY_CODE;
}

/** Constant vectors, which have to lie in memory. */
export const constantsOf = ({ nodes }: Program): Node<'constant'>[] =>
  nodes.filter((node): node is Node<'constant'> => node.op === 'constant' && !isNumber(node));

/**
 * The program as a function of its step inputs, in order of declaration. It updates the states and leaves the outputs in
 * memory.
 */
export function compileVectorProgram(
  program: Program,
  places: VectorPlaces,
  memory: Memory,
): (...numbers: number[]) => void {
  const module = new ModuleWriter();
  const steps = inputsOf(program, 'step');
  const writer = module.function(
    steps.map(() => 'f32'),
    'step',
  );
  new LoopWriter(program, places, writer).write();
  return instantiate(compile(module.encode()), memory, 'step');
}

const VECTOR_BYTES = 16;
/** Vectors in one turn of a loop. They have sums of their own, so that no addition waits for the one before it. */
const UNROLLED = 4;
const TURN_BYTES = UNROLLED * VECTOR_BYTES;
/** Sums of so many turns are added up apart, which keeps the error of a long sum small. */
const BLOCK_TURNS = 256;

class LoopWriter {
  readonly #program: Program;
  readonly #places: VectorPlaces;
  readonly #writer: FunctionWriter;
  readonly #bytes: number;
  /** Numbers, the same in every lane. */
  readonly #numbers = new Map<number, Local>();

  constructor(program: Program, places: VectorPlaces, writer: FunctionWriter) {
    this.#program = program;
    this.#places = places;
    this.#writer = writer;
    const vector = program.nodes.find((node) => !isNumber(node));
    this.#bytes = 4 * Number(vector?.shape[0]);
  }

  write(): void {
    const sums = this.#program.nodes.filter((node): node is Node<'reduceSum'> => node.op === 'reduceSum');
    const finalLevel = Math.max(0, ...this.#updates().map(({ next }) => this.#level(next)));
    // Updates come last of the loops that they can be in, when nobody needs the old values any more.
    const last = Math.max(finalLevel, ...sums.map(({ inputs }) => this.#level(inputs[0])));
    for (let level = 0; level <= last; level++) {
      this.#computeNumbers(level);
      const own = sums.filter(({ inputs }) => this.#level(inputs[0]) === level);
      this.#writeLoop(own, level === last ? this.#updates() : []);
    }
    this.#computeNumbers(last + 1);
    for (const { name, node } of this.#program.outputs)
      this.#writer.emit(v128.storeLane(i32.const(0), this.#places.output(name), this.#number(node), 0));
  }

  #updates(): { name: string; next: number }[] {
    return this.#program.states.flatMap(({ name, next }) => (next === null ? [] : [{ name, next }]));
  }

  /** How many loops have to end before the value can be computed. */
  #level(id: number): number {
    const node = nodeAt(this.#program, id);
    const operands = Math.max(0, ...node.inputs.map((input) => this.#level(input)));
    return node.op === 'reduceSum' ? operands + 1 : operands;
  }

  #computeNumbers(level: number): void {
    const steps = inputsOf(this.#program, 'step');
    for (const node of this.#program.nodes) {
      if (!isNumber(node) || this.#numbers.has(node.id) || this.#level(node.id) > level) continue;
      const position = steps.findIndex(({ id }) => id === node.id);
      const code =
        node.op === 'input'
          ? f32x4.splat(this.#writer.parameter(position).get)
          : this.#codeOf(node, (id) => this.#number(id));
      this.#numbers.set(node.id, this.#writer.let('v128', code));
    }
  }

  #writeLoop(sums: readonly Node<'reduceSum'>[], updates: readonly { name: string; next: number }[]): void {
    const totals = sums.map(() => this.#writer.let('v128', f32x4.const(0)));
    const partial = sums.map(() => Array.from({ length: UNROLLED }, () => this.#writer.let('v128', f32x4.const(0))));
    const turns = Math.floor(this.#bytes / TURN_BYTES);
    const addUp = (): void =>
      totals.forEach((total, index) => {
        for (const part of partial[index] ?? [])
          this.#writer.emit(total.set(f32x4.add(total.get, part.get)), part.set(f32x4.const(0)));
      });
    const place = this.#writer.local('i32');
    const turn = (): void => {
      for (let vector = 0; vector < UNROLLED; vector++)
        this.#writeVector(place.get, VECTOR_BYTES * vector, {
          sums,
          updates,
          into: partial.map((parts) => parts[vector]!),
        });
    };
    const blocks = Math.floor(turns / BLOCK_TURNS);
    const blockBytes = BLOCK_TURNS * TURN_BYTES;
    if (blocks > 0) {
      const block = this.#writer.local('i32');
      this.#writer.loop(block, i32.const(0), i32.const(blocks * blockBytes), blockBytes, () => {
        this.#writer.loop(place, block.get, i32.add(block.get, i32.const(blockBytes)), TURN_BYTES, turn);
        addUp();
      });
    }
    const done = blocks * blockBytes;
    if (turns * TURN_BYTES > done)
      this.#writer.loop(place, i32.const(done), i32.const(turns * TURN_BYTES), TURN_BYTES, turn);
    for (let offset = turns * TURN_BYTES; offset < this.#bytes; offset += VECTOR_BYTES) {
      const elements = (this.#bytes - offset) / 4;
      this.#writeVector(i32.const(0), offset, { sums, updates, into: partial.map((parts) => parts[0]!), elements });
    }
    addUp();
    sums.forEach(({ id }, index) => {
      const total = totals[index]!;
      const halves = this.#writer.let('v128', f32x4.add(total.get, v128.shuffle(total.get, total.get, [2, 3, 0, 1])));
      this.#numbers.set(
        id,
        this.#writer.let('v128', f32x4.add(halves.get, v128.shuffle(halves.get, halves.get, [1, 0, 3, 2]))),
      );
    });
  }

  /** One vector of every sum and update. What lies behind the last element is written, but not summed. */
  #writeVector(
    place: Code,
    offset: number,
    {
      sums,
      updates,
      into,
      elements = 4,
    }: {
      sums: readonly Node<'reduceSum'>[];
      updates: readonly { name: string; next: number }[];
      into: readonly Local[];
      elements?: number;
    },
  ): void {
    const values = new Map<number, Local>();
    const valueOf = (id: number): Code => {
      const node = nodeAt(this.#program, id);
      if (isNumber(node)) return this.#number(id);
      const known = values.get(id);
      if (known) return known.get;
      const address = this.#addressOf(node);
      const code = address === null ? this.#codeOf(node, valueOf) : v128.load(place, address + offset);
      const value = this.#writer.let('v128', code);
      values.set(id, value);
      return value.get;
    };
    sums.forEach(({ inputs: [summand] }, index) => {
      const sum = into[index]!;
      this.#writer.emit(sum.set(f32x4.add(sum.get, firstOf(elements, valueOf(summand)))));
    });
    // All values are read before the first one is written.
    const next = updates.map((update) => valueOf(update.next));
    updates.forEach(({ name }, index) =>
      this.#writer.emit(v128.store(place, this.#places.state(name) + offset, next[index]!)),
    );
  }

  #addressOf(node: Node): number | null {
    if (node.op === 'input') return this.#places.state(node.name);
    return node.op === 'constant' ? this.#places.constant(node.id) : null;
  }

  #codeOf(node: Node, valueOf: (id: number) => Code): Code {
    if (node.op === 'constant') return f32x4.const(node.values[0] ?? Number.NaN);
    const [x, y] = node.inputs.map(valueOf);
    const unary = UNARY_CODE[node.op];
    if (unary && x !== undefined) return unary(x);
    const binary = BINARY_CODE[node.op];
    if (binary && x !== undefined && y !== undefined) return binary(x, y);
    throw new TypeError(`There is no loop for ${node.op}.`);
  }

  #number(id: number): Code {
    const number = this.#numbers.get(id);
    if (!number) throw new TypeError(`Node ${id} is read before it is computed.`);
    return number.get;
  }
}

/** The first elements of a vector, and 0 behind them. */
function firstOf(elements: number, vector: Code): Code {
  if (elements >= 4) return vector;
  const mask = [0, 1, 2, 3].map((lane) => (lane < elements ? -1 : 0)) as [number, number, number, number];
  return v128.and(vector, i32x4.const(...mask));
}

function nodeAt(program: Program, id: number): Node {
  const node = program.nodes[id];
  if (!node) throw new TypeError(`There is no node ${id}.`);
  return node;
}
