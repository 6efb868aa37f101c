/**
 * Decides which values are kept in memory and where, and in which order the loops run.
 *
 * A value is kept if another loop reads it, unless that loop can as well compute it from what is kept (a comparison, a
 * sign). New values of states are written over the old ones where nobody reads these afterwards; others are copied at
 * the end of the step.
 */
import type { OperationName } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import type { Forms } from './forms.ts';
import { bytesOf, VECTOR_BYTES } from './layout.ts';
import { computedRoots, type Level, type Loop } from './loops.ts';
import { valuesOf } from './operations.ts';

/** A place in memory, in bytes: from the beginning of a state, or (`null`) of the step's own values. */
export interface Place {
  readonly state: string | null;
  readonly offset: number;
}

/** A part of a state that is copied from elsewhere at the end of the step. */
export interface Commit {
  readonly from: Place;
  readonly to: Place;
  readonly bytes: number;
  /** If the source is a state's old value: where to set it aside when the step begins. */
  readonly aside: Place | null;
}

/** What a loop reads from memory, and the node that reads it. */
export interface Read {
  readonly operand: number;
  readonly reader: number;
  readonly level: Level;
}

export interface Placement {
  /** In the order in which they run; loops that nothing needs are left out. */
  readonly loops: readonly Loop[];
  /** Every value that is kept in memory, constants and concatenations among them. */
  readonly places: ReadonlyMap<number, Place>;
  readonly reads: ReadonlyMap<Loop, readonly Read[]>;
  readonly commits: readonly Commit[];
  /** Bytes of the step's own values. */
  readonly bytes: number;
}

/** Cheap enough to compute again: as few instructions as a load. */
const CHEAP: ReadonlySet<OperationName> = new Set([
  'neg',
  'abs',
  'greater',
  'equal',
  'cast',
  'relu',
  'broadcastLike',
  'add',
  'sub',
  'mul',
  'maximum',
  'minimum',
]);
/** Room behind every value: loops write whole vectors. */
const SLACK = 64;

export function placeValues(program: Program, forms: Forms, loops: readonly Loop[]): Placement {
  return new Placer(program, forms, loops).place();
}

/** A read of a state's bytes `from` ... `to`. */
interface StateRead extends Read {
  readonly loop: Loop;
  readonly from: number;
  readonly to: number;
}
type Target = { state: string; offset: number };

class Placer {
  readonly #program: Program;
  readonly #forms: Forms;
  readonly #loops: Loop[];
  readonly #loopOf = new Map<number, Loop>();
  readonly #kept = new Set<number>();
  readonly #reads = new Map<Loop, Read[]>();
  /** By state; only of loops that are needed. */
  readonly #readsOfState = new Map<string, StateRead[]>();
  /** Loops that have to run before. */
  readonly #before = new Map<Loop, Set<Loop>>();
  readonly #places = new Map<number, Place>();
  /** Values that lie within a concatenation. */
  readonly #within = new Map<number, { concat: number; offset: number }>();

  constructor(program: Program, forms: Forms, loops: readonly Loop[]) {
    this.#program = program;
    this.#forms = forms;
    this.#loops = [...loops];
    for (const loop of loops) for (const id of loop.nodes.keys()) this.#loopOf.set(id, loop);
  }

  place(): Placement {
    const targets = this.#targets();
    this.#keepWhatIsRead(targets);
    for (const loop of this.#loops) this.#reads.set(loop, this.#readsOf(loop));
    for (const [loop, reads] of this.#reads) if (this.#isLive(loop)) this.#stateReaders(loop, reads);
    for (const loop of this.#loops) this.#before.set(loop, this.#loopsBefore(loop));
    const copied = this.#writeStates(targets);
    const loops = this.#order();
    const pool = new Pool();
    this.#allocate(pool, loops, copied);
    const commits = copied.map((copy) => this.#commitOf(pool, copy, loops.length));
    return { loops, places: this.#places, reads: this.#reads, commits, bytes: pool.bytes };
  }

  /** What each state takes: values, with the place of each. A concatenation that is only a state's next value is taken apart. */
  #targets(): { value: number; target: Target }[] {
    const uses = new Map<number, number>();
    const used = [
      ...this.#program.nodes.flatMap(({ inputs }): readonly number[] => inputs),
      ...this.#program.outputs.map(({ node }) => node),
      ...this.#program.states.flatMap(({ next }) => next ?? []),
    ];
    for (const id of used) uses.set(id, (uses.get(id) ?? 0) + 1);
    return this.#program.states.flatMap(({ name, next }) => {
      if (next === null) return [];
      const node = this.#forms.node(next);
      if (node.op !== 'concat' || uses.get(next) !== 1) return [{ value: next, target: { state: name, offset: 0 } }];
      let offset = 0;
      return node.inputs.map((value) => {
        const target = { state: name, offset };
        offset += this.#bytes(value);
        return { value, target };
      });
    });
  }

  #keepWhatIsRead(targets: readonly { value: number }[]): void {
    const soft = new Set<number>();
    for (const loop of this.#loops) {
      for (const id of loop.nodes.keys()) {
        const form = this.#forms.of(id);
        if ((form.kind === 'rows' && !this.#isIndex(id)) || form.kind === 'cell' || form.kind === 'general')
          this.#kept.add(id);
        this.#operandsOf(id).forEach((operand, position) => {
          const root = this.#forms.root(operand).id;
          if (loop.nodes.has(root) || this.#isIndex(root)) return;
          const isSoft =
            this.#forms.isWhole(operand) &&
            this.#forms.of(root).kind === 'element' &&
            loop.kind !== 'single' &&
            !(form.kind === 'product' && (loop.kind !== 'samples' || position === 1)) &&
            !(form.kind === 'outer' && loop.kind !== 'samples');
          if (isSoft) soft.add(root);
          else this.#keep(root);
        });
      }
    }
    for (const { value } of targets) this.#keep(this.#forms.root(value).id);
    for (const { node } of this.#program.outputs) this.#keep(this.#forms.root(node).id);
    for (const id of [...soft].toSorted((a, b) => a - b)) if (!this.#isCheap(id)) this.#keep(id);
    this.#openConcatenations();
  }

  /** Indices are read where they were handed over. */
  #isIndex(id: number): boolean {
    const node = this.#forms.node(id);
    return node.op === 'input' && node.dtype === 'int32';
  }

  #keep(id: number): void {
    if (this.#forms.of(id).kind === 'given' || this.#kept.has(id)) return;
    this.#kept.add(id);
    if (this.#forms.of(id).kind === 'concat')
      for (const part of this.#forms.node(id).inputs) this.#keep(this.#forms.root(part).id);
  }

  /** Whether the element costs no more than a load: it reads one kept value, and else what every place shares. */
  #isCheap(id: number): boolean {
    const sources = new Set<number>();
    const visit = (node: number, depth: number): boolean => {
      if (depth > 3) return false;
      if (this.#forms.of(node).kind !== 'element' || !CHEAP.has(this.#forms.node(node).op)) return false;
      return this.#operandsOf(node).every((operand) => {
        const root = this.#forms.root(operand).id;
        const layout = this.#forms.layout(operand);
        const isShared = layout.kind === 'flat' && layout.size === 1;
        const isConstant = this.#forms.node(root).op === 'constant';
        if (this.#forms.of(root).kind === 'given' || this.#kept.has(root)) {
          if (!isShared && !isConstant) sources.add(operand);
          return true;
        }
        return this.#forms.isWhole(operand) && visit(root, depth + 1);
      });
    };
    return !this.#kept.has(id) && visit(id, 0) && sources.size <= 1;
  }

  /** Each kept concatenation gets a loop that copies the parts that were not made within it. */
  #openConcatenations(): void {
    for (const id of [...this.#kept].filter((kept) => this.#forms.of(kept).kind === 'concat')) {
      const loop: Loop = { index: this.#loops.length, kind: 'single', size: 0, nodes: new Map([[id, 'element']]) };
      this.#loops.push(loop);
      this.#loopOf.set(id, loop);
      let offset = 0;
      for (const part of this.#forms.node(id).inputs) {
        const root = this.#forms.root(part).id;
        const kind = this.#forms.of(root).kind;
        const isFree = this.#forms.isWhole(part) && !this.#within.has(root) && this.#kept.has(root);
        if (isFree && kind !== 'given' && kind !== 'concat') this.#within.set(root, { concat: id, offset });
        offset += this.#bytes(part);
      }
    }
  }

  #operandsOf(id: number): readonly number[] {
    return valuesOf(this.#forms.node(id));
  }

  /** What the loop reads from memory, where it computes kept values. */
  #readsOf(loop: Loop): Read[] {
    const reads: Read[] = [];
    const visited = new Set<string>();
    const visit = (id: number, level: Level): void => {
      if (visited.has(`${id} ${level}`)) return;
      visited.add(`${id} ${level}`);
      for (const operand of this.#operandsOf(id)) {
        const root = this.#forms.root(operand).id;
        const own = loop.nodes.get(root);
        if (own !== undefined) visit(root, own);
        else if (this.#isFromMemory(root)) reads.push({ operand, reader: id, level });
        else visit(root, level);
      }
    };
    for (const [id, level] of loop.nodes) if (this.#kept.has(id)) visit(id, level);
    return reads;
  }

  #isFromMemory(root: number): boolean {
    return this.#kept.has(root) || this.#forms.of(root).kind === 'given';
  }

  #loopsBefore(loop: Loop): Set<Loop> {
    const before = new Set<Loop>();
    for (const { operand } of this.#reads.get(loop) ?? []) {
      const root = this.#forms.root(operand).id;
      const own = this.#loopOf.get(root);
      if (own && own !== loop) before.add(own);
      for (const part of computedRoots(this.#forms, root)) {
        const maker = this.#loopOf.get(part);
        if (maker && maker !== loop) before.add(maker);
      }
    }
    return before;
  }

  #isLive(loop: Loop): boolean {
    return [...loop.nodes.keys()].some((id) => this.#kept.has(id));
  }

  /** Writes values over the old ones where that is possible; returns what has to be copied. */
  #writeStates(targets: readonly { value: number; target: Target }[]): { value: number; target: Target }[] {
    return targets.filter(({ value, target }) => {
      const root = this.#forms.root(value).id;
      const loop = this.#loopOf.get(root);
      const kind = this.#forms.of(root).kind;
      const isOwn = this.#forms.isWhole(value) && !this.#places.has(root) && !this.#within.has(root);
      if (!loop || kind === 'concat' || kind === 'rows' || !isOwn || this.#forms.layout(root).kind !== 'flat')
        return true;
      if (this.#isShown(target.state)) return true;
      const bytes = this.#bytes(value);
      const reads = this.#stateReads(target, bytes);
      const readers = [...new Set(reads.map((read) => read.loop))];
      if (!this.#isAligned(loop, root, target, bytes)) return true;
      const others = readers.filter((other) => other !== loop);
      if (others.some((other) => this.#needs(other, loop))) return true;
      for (const other of others) this.#before.get(loop)?.add(other);
      this.#places.set(root, target);
      return false;
    });
  }

  /** Notes who reads which part of a state. */
  #stateReaders(loop: Loop, reads: readonly Read[]): void {
    for (const read of reads) {
      const root = this.#forms.root(read.operand);
      const node = this.#forms.node(root.id);
      if (node.op !== 'input' || node.role !== 'state') continue;
      const from = 4 * root.offset;
      const known = this.#readsOfState.get(node.name) ?? [];
      known.push({ ...read, loop, from, to: from + this.#bytes(read.operand) });
      this.#readsOfState.set(node.name, known);
    }
  }
  #stateReads({ state, offset }: Target, bytes: number): StateRead[] {
    const reads = this.#readsOfState.get(state) ?? [];
    return reads.filter(({ from, to }) => from < offset + bytes && to > offset);
  }

  /** Whether an output shows the state as it was when the step began. Outputs are copied at its end. */
  #isShown(state: string): boolean {
    return this.#program.outputs.some(({ node }) => {
      const root = this.#forms.node(this.#forms.root(node).id);
      return root.op === 'input' && root.role === 'state' && root.name === state;
    });
  }

  /** Whether the loop has read an old element when it writes the new one. */
  #isAligned(loop: Loop, value: number, target: Target, bytes: number): boolean {
    const own = this.#stateReads(target, bytes).filter((read) => read.loop === loop);
    return own.every(({ from, to, reader, level }) => {
      if (loop.kind === 'samples' && level === 'element') return loop.nodes.get(value) === 'row';
      const { kind } = this.#forms.of(reader);
      return (
        kind !== 'product' &&
        kind !== 'outer' &&
        loop.kind !== 'single' &&
        from === target.offset &&
        to - from === bytes
      );
    });
  }

  /** Whether a loop reads, directly or not, what another one computes. */
  #needs(loop: Loop, source: Loop): boolean {
    const seen = new Set<Loop>();
    const pending = [loop];
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (next === source) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      pending.push(...(this.#before.get(next) ?? []));
    }
    return false;
  }

  #order(): Loop[] {
    const done = new Set<Loop>();
    const order: Loop[] = [];
    const visit = (loop: Loop): void => {
      if (done.has(loop)) return;
      done.add(loop);
      for (const other of [...(this.#before.get(loop) ?? [])].toSorted((a, b) => a.index - b.index)) visit(other);
      if (this.#isLive(loop)) order.push(loop);
    };
    this.#loops.filter(({ kind }) => kind === 'cells').forEach(visit);
    this.#loops.forEach(visit);
    return order;
  }

  /** Gives every kept value a place; a place is used again when nobody reads its value any more. */
  #allocate(pool: Pool, order: readonly Loop[], copied: readonly { value: number }[]): void {
    const end = order.length;
    const lives = new Map<number, { first: number; last: number }>();
    const live = (id: number, position: number): void => {
      const owner = this.#within.get(id)?.concat ?? id;
      if (owner !== id) live(owner, position);
      if (this.#places.has(id) || !this.#kept.has(id) || owner !== id) return;
      const known = lives.get(id) ?? { first: position, last: position };
      lives.set(id, { first: Math.min(known.first, position), last: Math.max(known.last, position) });
    };
    order.forEach((loop, position) => {
      for (const id of loop.nodes.keys()) live(id, position);
      for (const { operand } of this.#reads.get(loop) ?? []) live(this.#forms.root(operand).id, position);
    });
    for (const { node } of this.#program.outputs) live(this.#forms.root(node).id, end);
    for (const { value } of copied) live(this.#forms.root(value).id, end);
    for (const node of this.#program.nodes)
      if (node.op === 'constant')
        this.#places.set(node.id, { state: null, offset: pool.take(this.#bytes(node.id) + SLACK, 0, end) });
    for (const [id, { first, last }] of [...lives].toSorted(([, a], [, b]) => a.first - b.first))
      this.#places.set(id, { state: null, offset: pool.take(this.#bytes(id) + SLACK, first, last) });
    for (const [id, { concat, offset }] of this.#within) {
      const place = this.#places.get(concat);
      if (place) this.#places.set(id, { state: place.state, offset: place.offset + offset });
    }
  }

  #commitOf(pool: Pool, { value, target }: { value: number; target: Target }, end: number): Commit {
    const { id, offset } = this.#forms.root(value);
    const [node, bytes] = [this.#forms.node(id), this.#bytes(value)];
    const isState = node.op === 'input' && node.role === 'state';
    const place = isState ? { state: node.name, offset: 0 } : this.#places.get(id);
    if (!place) throw new TypeError(`Node ${id} has no place.`);
    return {
      from: { state: place.state, offset: place.offset + 4 * offset },
      to: target,
      bytes,
      aside: isState ? { state: null, offset: pool.take(bytes + SLACK, 0, end) } : null,
    };
  }

  #bytes(id: number): number {
    return bytesOf(this.#forms.layout(id), this.#forms.batch);
  }
}

/** Memory by first fit. */
class Pool {
  readonly #taken: { start: number; end: number; first: number; last: number }[] = [];
  bytes = 0;

  /** A place for so many bytes that nothing else uses from `first` to `last`. */
  take(bytes: number, first: number, last: number): number {
    const size = Math.ceil(bytes / VECTOR_BYTES) * VECTOR_BYTES;
    const blocking = this.#taken
      .filter((other) => other.first <= last && other.last >= first)
      .toSorted((a, b) => a.start - b.start);
    let start = 0;
    for (const other of blocking) {
      if (start + size <= other.start) break;
      start = Math.max(start, other.end);
    }
    this.#taken.push({ start, end: start + size, first, last });
    this.bytes = Math.max(this.bytes, start + size);
    return start;
  }
}
