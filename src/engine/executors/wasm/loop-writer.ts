/** What the writers of all loops share: values in locals, read from memory or computed where they are needed. */
import type { Node } from '../../program/operations.ts';
import { f32x4, i32, i32x4, v128, type Code, type FunctionWriter, type Local } from './encoder.ts';
import { joinOf, type BatchSum } from './folds.ts';
import type { Forms } from './forms.ts';
import { ElementaryFunctions } from './functions.ts';
import { LANES, VECTOR_BYTES, type Batch, type Layout } from './layout.ts';
import type { Level, Loop } from './loops.ts';
import { elementCode, isElement, valuesOf } from './operations.ts';
import type { Read } from './placement.ts';

/** A loop, and where its values are. */
export interface LoopContext {
  readonly forms: Forms;
  readonly loop: Loop;
  readonly reads: readonly Read[];
  /** The address of a value's first element; null if the value is not kept. */
  readonly addressOf: (id: number) => number | null;
  /** Whether the value is written over a state's old one. */
  readonly writesState: (id: number) => boolean;
  /** Where a sum over the batch runs on from step to step, a vector for each element; null if it does not. */
  readonly runningAt: (id: number) => number | null;
  /** The address of so many bytes that are the loop's own. */
  readonly scratch: (bytes: number) => number;
  /** Whether to multiply and add in one instruction. */
  readonly fused: boolean;
}

/** A place in a loop: the unit within a tile (or four of them, at the level of rows), and the vector of samples. */
export interface At {
  readonly level: Level;
  readonly unit: number;
  readonly vector: number;
}

export abstract class LoopWriter {
  protected readonly f: FunctionWriter;
  protected readonly forms: Forms;
  protected readonly loop: Loop;
  protected readonly context: LoopContext;
  protected readonly elementary: ElementaryFunctions;
  /** Nodes that something kept is computed from, in order. */
  protected readonly needed: readonly Node[];
  /** How many of them read a node. */
  readonly #readers = new Map<number, number>();
  /** Values in locals, by what and where; the innermost scope last. */
  readonly #scopes: Map<string, Local>[] = [new Map()];

  constructor(f: FunctionWriter, context: LoopContext) {
    this.f = f;
    this.context = context;
    this.forms = context.forms;
    this.loop = context.loop;
    this.elementary = new ElementaryFunctions(f, context.fused);
    this.needed = this.#neededNodes();
    for (const read of this.needed.flatMap(({ inputs }) => [
      ...new Set<number>(inputs.map((id) => this.forms.root(id).id)),
    ]))
      this.#readers.set(read, (this.#readers.get(read) ?? 0) + 1);
  }

  abstract write(): void;
  /** What tells two places apart at which a value of this layout may differ. */
  protected abstract keyOf(layout: Layout, at: At): string;
  /** Four elements of the value that begins at the address. */
  protected abstract load(address: number, layout: Layout, at: At): Code;
  /** Four elements of a node that is no element: a product, or a reduction that is not yet in a local. */
  protected compute(node: Node, _at: At): Code {
    throw new TypeError(`${node.op} ${node.id} is read before it is computed.`);
  }

  protected get batch(): Batch {
    return this.forms.batch;
  }

  protected inScope(write: () => void): void {
    this.#scopes.push(new Map());
    write();
    this.#scopes.pop();
  }
  /** Says that the value is in this local, for what follows in the scope. */
  protected keepIn(id: number, at: At, local: Local): void {
    this.#scopes.at(-1)?.set(this.#key(id, 0, at), local);
  }

  /** The value of an operand, or of a node itself, at a place. */
  protected value(operand: number, at: At): Local {
    const { id, offset } = this.forms.root(operand);
    const isOwn = this.loop.nodes.has(id);
    const key = this.#key(operand, offset, at);
    const known = this.#scopes.findLast((scope) => scope.has(key))?.get(key);
    if (known) return known;
    const node = this.forms.node(id);
    const address = isOwn ? null : this.context.addressOf(id);
    const own = isOwn ? { ...at, level: this.loop.nodes.get(id) ?? at.level } : at;
    const code =
      this.#immediate(node) ??
      (address === null ? this.#computed(node, own) : this.load(address + 4 * offset, this.forms.layout(operand), at));
    const local = this.f.let('v128', code);
    this.#scopes.at(-1)?.set(key, local);
    return local;
  }

  /** Loads the scalars that the loop reads, once. */
  protected loadScalars(): void {
    const at: At = { level: 'element', unit: 0, vector: 0 };
    for (const { operand } of this.context.reads) if (this.isScalar(operand)) this.value(operand, at);
  }
  protected isScalar(id: number): boolean {
    const layout = this.forms.layout(id);
    return layout.kind === 'flat' && layout.size === 1;
  }

  protected isKept(id: number): boolean {
    return this.context.addressOf(id) !== null;
  }
  protected addressOf(id: number): number {
    const address = this.context.addressOf(id);
    if (address === null) throw new TypeError(`Node ${id} is not kept.`);
    return address;
  }

  /** Lanes that are not samples, or lie behind the end, must not count. */
  protected masked(value: Code, lanes: number, neutral: number): Code {
    if (lanes === 0 || lanes >= LANES) return value;
    const mask = maskOf(lanes);
    return neutral === 0 ? v128.and(value, mask) : v128.select(value, f32x4.const(neutral), mask);
  }

  #computed(node: Node, at: At): Code {
    if (this.forms.of(node.id).kind !== 'element' || !isElement(node)) return this.compute(node, at);
    const joined = this.#maskedProduct(node, at) ?? this.#multiplyAdd(node, at);
    if (joined) return joined;
    const operands = valuesOf(node);
    const type = this.forms.node(operands[0] ?? node.id).dtype;
    const locals = operands.map((operand) => this.value(operand, at));
    return elementCode(node, type, locals, this.elementary);
  }

  /** The product with a mask as 0 or 1: the other factor where the mask has ones. */
  #maskedProduct(node: Node, at: At): Code | null {
    if (node.op !== 'mul') return null;
    const [a, b] = node.inputs;
    for (const [operand, other] of [[a, b] as const, [b, a] as const]) {
      const mask = this.maskOf(operand);
      if (mask !== null) return v128.and(this.value(other, at).get, this.value(mask, at).get);
    }
    return null;
  }
  /** The mask that an operand, which is not kept, is made of as 0 or 1; else null. */
  protected maskOf(operand: number): number | null {
    const node = this.forms.node(this.forms.root(operand).id);
    if (node.op !== 'cast' || this.isKept(node.id) || !this.forms.isWhole(operand)) return null;
    const [mask] = node.inputs;
    return this.forms.node(mask).dtype === 'bool' ? mask : null;
  }

  /** A product that nothing else reads, and its sum with another value. */
  #multiplyAdd(node: Node, at: At): Code | null {
    if (node.op !== 'add' && node.op !== 'sub') return null;
    const [a, b] = node.inputs;
    const factors = this.#factorsOf(b);
    if (factors) {
      const [x, y, start] = [...factors, a].map((operand) => this.value(operand, at).get) as [Code, Code, Code];
      return node.op === 'add'
        ? this.elementary.multiplyAdd(x, y, start)
        : this.elementary.subtractProduct(x, y, start);
    }
    const others = node.op === 'add' ? this.#factorsOf(a) : null;
    if (!others) return null;
    const [x, y, start] = [...others, b].map((operand) => this.value(operand, at).get) as [Code, Code, Code];
    return this.elementary.multiplyAdd(x, y, start);
  }
  /** Of a product of float32 that only one node reads; else null. */
  #factorsOf(operand: number): readonly [number, number] | null {
    const node = this.forms.node(this.forms.root(operand).id);
    const isElsewhere = node.op !== 'mul' || this.forms.of(node.id).kind !== 'element' || this.isKept(node.id);
    if (isElsewhere || !this.forms.isWhole(operand) || this.#readers.get(node.id) !== 1) return null;
    return node.inputs.some((factor) => this.maskOf(factor) !== null) ? null : node.inputs;
  }

  /** A sum over the batch of what is 0 or 1 counts. A mask's lanes of ones are -1. */
  batchSum(node: Node): BatchSum {
    const [operand = Number.NaN] = node.inputs;
    const isCount = node.op === 'reduceSum' && this.forms.of(node.id).kind === 'overBatch';
    const mask = isCount ? this.maskOf(operand) : null;
    if (mask !== null)
      return { operand: mask, neutral: 0, join: (sum, value) => i32x4.sub(sum, value), total: f32x4.convertI32x4 };
    return { operand, ...joinOf(node), total: (sum) => sum };
  }

  /** A scalar constant needs no memory. */
  #immediate(node: Node): Code | null {
    if (node.op !== 'constant' || node.values.length !== 1) return null;
    const [value = 0] = node.values;
    return node.values instanceof Int32Array ? i32x4.const(value) : f32x4.const(value);
  }

  #key(id: number, offset: number, at: At): string {
    return `${this.forms.root(id).id} ${offset} ${this.keyOf(this.forms.layout(id), at)}`;
  }

  #neededNodes(): Node[] {
    const needed = new Set<number>();
    const visit = (id: number): void => {
      if (needed.has(id)) return;
      needed.add(id);
      for (const operand of this.forms.node(id).inputs) {
        const root = this.forms.root(operand).id;
        if (this.loop.nodes.has(root)) visit(root);
      }
    };
    for (const id of this.loop.nodes.keys()) if (this.isKept(id) || this.context.runningAt(id) !== null) visit(id);
    return [...needed].toSorted((a, b) => a - b).map((id) => this.forms.node(id));
  }
}

const maskOf = (lanes: number): Code =>
  i32x4.const(...([0, 1, 2, 3].map((lane) => (lane < lanes ? -1 : 0)) as [number, number, number, number]));

/** Copies whole elements. `from` and `to` are addresses behind bases. */
export function copy(f: FunctionWriter, from: [Code, number], to: [Code, number], bytes: number): void {
  const whole = bytes - (bytes % VECTOR_BYTES);
  if (whole > 0) {
    const at = f.local('i32');
    const [source, target] = [f.let('i32', from[0]), f.let('i32', to[0])];
    f.loop(at, i32.const(0), i32.const(whole), VECTOR_BYTES, () =>
      f.emit(v128.store(i32.add(at.get, target.get), to[1], v128.load(i32.add(at.get, source.get), from[1]))),
    );
  }
  for (let at = whole; at < bytes; at += 4) f.emit(i32.store(to[0], to[1] + at, i32.load(from[0], from[1] + at)));
}
