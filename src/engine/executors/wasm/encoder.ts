/**
 * Writes WebAssembly modules: the part of the binary format that our loops need. Expressions are functions that return
 * code, operands first: `f32x4.add(v128.load(p), v128.load(q))`. Code is nested arrays of bytes, written out where it is
 * emitted. Addresses and offsets are in bytes. Source: WebAssembly Core Specification 2.0, chapter 5, and its relaxed SIMD
 * proposal.
 */

import { setFlagsFromString } from 'node:v8';
import { allocate, compile, instantiate, isValid } from './runtime.ts';

const VECTOR_BYTES = 16;

/** Bytes of instructions in order, in arrays of any depth. */
export type Code = number | readonly Code[];
export type ValueType = 'i32' | 'f32' | 'v128';
const TYPES: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** LEB128 of a whole number of at most 32 bits. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const byte = rest & 0x7f;
    const isLast = (rest >> 6 === 0 && byte < 0x40) || (rest >> 6 === -1 && byte >= 0x40);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}
const bytesOfFloat = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];
const bytesOfInteger = (value: number): number[] => [...new Uint8Array(Int32Array.of(value).buffer)];
/** A single lane four times. */
const inFourLanes = (lanes: readonly Code[]): Code => (lanes.length === 1 ? [lanes, lanes, lanes, lanes] : lanes);

const SIMD_PREFIX = 0xfd;
const simd = (op: number): number[] => [SIMD_PREFIX, ...unsigned(op)];
const unary =
  (...op: number[]) =>
  (a: Code): Code => [a, op];
const binary =
  (...op: number[]) =>
  (a: Code, b: Code): Code => [a, b, op];
/** Loads and stores say how the address is aligned, as a power of two; 2 is what every float32 has. */
const at = (offset: number, alignment = 2): number[] => [alignment, ...unsigned(offset)];

/** A local variable or parameter. */
export class Local {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
  get get(): Code {
    return [0x20, ...unsigned(this.index)];
  }
  set(value: Code): Code {
    return [value, 0x21, ...unsigned(this.index)];
  }
  /** Sets it and leaves the value. */
  tee(value: Code): Code {
    return [value, 0x22, ...unsigned(this.index)];
  }
}

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (address: Code, offset = 0): Code => [address, 0x28, ...at(offset)],
  loadByte: (address: Code, offset = 0): Code => [address, 0x2d, ...at(offset, 0)],
  store: (address: Code, offset: number, value: Code): Code => [address, value, 0x36, ...at(offset)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  shl: binary(0x74),
  shrU: binary(0x76),
  ne: binary(0x47),
  ltU: binary(0x49),
  /** `a` where the condition is not 0, else `b`. */
  select: (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b],
};

export const f32 = {
  load: (address: Code, offset = 0): Code => [address, 0x2a, ...at(offset)],
  store: (address: Code, offset: number, value: Code): Code => [address, value, 0x38, ...at(offset)],
  add: binary(0x92),
  max: binary(0x97),
  convertI32: unary(0xb2),
};

export const v128 = {
  load: (address: Code, offset = 0): Code => [address, simd(0), at(offset)],
  /** The same 32 bits in every lane. */
  loadSplat: (address: Code, offset = 0): Code => [address, simd(9), at(offset)],
  store: (address: Code, offset: number, value: Code): Code => [address, value, simd(11), at(offset)],
  /** Loads 32 bits into one lane of `vector`. */
  loadLane: (address: Code, offset: number, vector: Code, lane: number): Code => [
    address,
    vector,
    simd(0x56),
    at(offset),
    lane,
  ],
  /** The first or the last two lanes. */
  storePair: (address: Code, offset: number, vector: Code, pair: 0 | 1): Code => [
    address,
    vector,
    simd(0x5b),
    at(offset),
    pair,
  ],
  storeLane: (address: Code, offset: number, vector: Code, lane: number): Code => [
    address,
    vector,
    simd(0x5a),
    at(offset),
    lane,
  ],
  and: binary(...simd(0x4e)),
  andNot: binary(...simd(0x4f)),
  or: binary(...simd(0x50)),
  xor: binary(...simd(0x51)),
  /** Bits of `a` where the mask has ones, of `b` elsewhere. */
  select: (a: Code, b: Code, mask: Code): Code => [a, b, mask, simd(0x52)],
  /** Lanes of 32 bits: 0 to 3 are those of `a`, 4 to 7 those of `b`. */
  shuffle: (a: Code, b: Code, lanes: readonly [number, number, number, number]): Code => [
    a,
    b,
    simd(13),
    lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  ],
};

export const f32x4 = {
  const: (...lanes: [number] | [number, number, number, number]): Code => [
    simd(12),
    inFourLanes(lanes.map(bytesOfFloat)),
  ],
  splat: unary(...simd(0x13)),
  extractLane: (vector: Code, lane: number): Code => [vector, simd(0x1f), lane],
  eq: binary(...simd(0x41)),
  lt: binary(...simd(0x43)),
  gt: binary(...simd(0x44)),
  ge: binary(...simd(0x46)),
  nearest: unary(...simd(0x6a)),
  abs: unary(...simd(0xe0)),
  neg: unary(...simd(0xe1)),
  sqrt: unary(...simd(0xe3)),
  add: binary(...simd(0xe4)),
  sub: binary(...simd(0xe5)),
  mul: binary(...simd(0xe6)),
  div: binary(...simd(0xe7)),
  /** NaN if either is NaN. */
  min: binary(...simd(0xe8)),
  max: binary(...simd(0xe9)),
  /** b < a ? b : a, and a < b ? b : a: one instruction on every processor. A NaN in `a` stays. */
  pmin: binary(...simd(0xea)),
  pmax: binary(...simd(0xeb)),
  convertI32x4: unary(...simd(0xfa)),
  /** Relaxed SIMD: a * b + c, rounded once or twice, always in the same way on one processor. */
  relaxedMadd: (a: Code, b: Code, c: Code): Code => [a, b, c, simd(0x105)],
  /** c - a * b */
  relaxedNmadd: (a: Code, b: Code, c: Code): Code => [a, b, c, simd(0x106)],
};

export const i32x4 = {
  const: (...lanes: [number] | [number, number, number, number]): Code => [
    simd(12),
    inFourLanes(lanes.map(bytesOfInteger)),
  ],
  splat: unary(...simd(0x11)),
  replaceLane: (vector: Code, lane: number, value: Code): Code => [vector, value, simd(0x1c), lane],
  /** The first elements, widened: 8 bits to 16, 16 to 32. */
  extendLowI8x16U: unary(...simd(0x89)),
  extendLowI16x8U: unary(...simd(0xa9)),
  eq: binary(...simd(0x37)),
  gt: binary(...simd(0x3b)),
  shl: (a: Code, bits: number): Code => [a, i32.const(bits), simd(0xab)],
  shrS: (a: Code, bits: number): Code => [a, i32.const(bits), simd(0xac)],
  add: binary(...simd(0xae)),
  sub: binary(...simd(0xb1)),
  /** Saturates; NaN becomes 0. */
  truncF32x4: unary(...simd(0xf8)),
};

export const call = (callee: FunctionWriter, ...operands: Code[]): Code => [operands, 0x10, ...unsigned(callee.index)];

/** A function that returns nothing. */
export class FunctionWriter {
  readonly index: number;
  readonly parameterTypes: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  readonly #code = new Bytes();

  constructor(index: number, parameterTypes: readonly ValueType[]) {
    this.index = index;
    this.parameterTypes = parameterTypes;
  }

  parameter(position: number): Local {
    return new Local(position);
  }
  local(type: ValueType): Local {
    this.#locals.push(type);
    return new Local(this.parameterTypes.length + this.#locals.length - 1);
  }
  /** A new local with this value. */
  let(type: ValueType, value: Code): Local {
    const local = this.local(type);
    this.emit(local.set(value));
    return local;
  }
  emit(...code: Code[]): void {
    for (const part of code) this.#code.write(part);
  }

  /**
   * Runs `body` for `counter` = first, first + stride, ... below `end`, at least once. `body` emits its code.
   * `also` are locals that advance with every turn, by as many bytes as given.
   */
  loop(
    counter: Local,
    first: Code,
    end: Code,
    stride: number,
    body: () => void,
    also: readonly (readonly [Local, number])[] = [],
  ): void {
    this.emit(counter.set(first), 0x03, 0x40);
    body();
    for (const [local, step] of also) this.emit(local.set(i32.add(local.get, i32.const(step))));
    this.emit(i32.ltU(counter.tee(i32.add(counter.get, i32.const(stride))), end), 0x0d, 0, 0x0b);
  }

  /** Its code, with the declaration of its locals. */
  encode(): Bytes {
    const runs: { count: number; type: ValueType }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count += 1;
      else runs.push({ count: 1, type });
    }
    const body = new Bytes();
    body.write([unsigned(runs.length), runs.map(({ count, type }) => [unsigned(count), TYPES[type]])]);
    body.append(this.#code);
    body.write(0x0b);
    return body;
  }
}

/** A module over one memory, which it imports as `host.memory`. */
export class ModuleWriter {
  readonly #functions: FunctionWriter[] = [];
  readonly #exports: { name: string; index: number }[] = [];

  /** A new function; with a name, the module exports it. */
  function(parameterTypes: readonly ValueType[], name?: string): FunctionWriter {
    const writer = new FunctionWriter(this.#functions.length, parameterTypes);
    this.#functions.push(writer);
    if (name !== undefined) this.#exports.push({ name, index: writer.index });
    return writer;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const signatures = [...new Set(this.#functions.map(signatureOf))];
    const types = signatures.map((signature) => {
      const parameters = signature === '' ? [] : (signature.split(' ') as ValueType[]);
      return [0x60, ...unsigned(parameters.length), ...parameters.map((type) => TYPES[type]), 0];
    });
    const bytes = new Bytes();
    bytes.write([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, entries: readonly Code[]): void => {
      const content = new Bytes();
      content.write([unsigned(entries.length), entries]);
      bytes.write([id, unsigned(content.length)]);
      bytes.append(content);
    };
    section(1, types);
    section(2, [[text('host'), text('memory'), 0x02, 0x00, 0x00]]);
    section(
      3,
      this.#functions.map((writer) => unsigned(signatures.indexOf(signatureOf(writer)))),
    );
    section(
      7,
      this.#exports.map(({ name, index }) => [text(name), 0x00, unsigned(index)]),
    );
    const bodies = this.#functions.map((writer) => writer.encode());
    const code = new Bytes();
    code.write(unsigned(bodies.length));
    for (const body of bodies) {
      code.write(unsigned(body.length));
      code.append(body);
    }
    bytes.write([10, unsigned(code.length)]);
    bytes.append(code);
    return bytes.copy();
  }
}

const signatureOf = ({ parameterTypes }: FunctionWriter): string => parameterTypes.join(' ');
const text = (value: string): Code => [unsigned(value.length), [...Buffer.from(value, 'latin1')]];

/** Bytes that grow. */
class Bytes {
  length = 0;
  #bytes = new Uint8Array(256);

  write(code: Code): void {
    if (typeof code === 'number') {
      if (this.length === this.#bytes.length) this.#grow(this.length + 1);
      this.#bytes[this.length++] = code;
    } else for (const part of code) this.write(part);
  }
  append(other: Bytes): void {
    this.#grow(this.length + other.length);
    this.#bytes.set(other.#bytes.subarray(0, other.length), this.length);
    this.length += other.length;
  }
  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }

  #grow(least: number): void {
    if (least <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(least, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export function hasSimd(): boolean {
  const module = new ModuleWriter();
  module.function([], 'probe').emit(f32x4.const(0), 0x1a);
  return isValid(module.encode());
}

/**
 * Whether the runtime multiplies and adds in one instruction. Node.js 20 does where V8 is asked for it; the version before
 * the standard multiplied the last two operands, so a product is looked at.
 */
export function hasRelaxedSimd(): boolean {
  const module = new ModuleWriter();
  const [two, three, four] = [f32x4.const(2), f32x4.const(3), f32x4.const(4)];
  const sum = f32x4.relaxedMadd(two, three, four);
  module.function([], 'probe').emit(v128.store(i32.const(0), 0, f32x4.relaxedNmadd(two, three, sum)));
  const code = module.encode();
  if (!isValid(code)) setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (!isValid(code)) return false;
  const memory = allocate(VECTOR_BYTES);
  instantiate(compile(code), memory, 'probe')();
  return new Float32Array(memory.buffer)[0] === 4;
}
