/**
 * Joins the nodes of a program to loops. A loop computes all its nodes in one pass, so most values never leave the
 * registers.
 *
 * - `units`: over tiles of units and, within, over the samples; up to one product of matrices. Sums over the batch stay
 *   in registers, and what follows from them for each unit (`row` nodes: counters, the update of a bias) is computed at
 *   the end of a tile.
 * - `samples`: over the samples, with the units of its few-unit layers unrolled; everything of a narrow network, down to
 *   sums over units and the update of its kernels (`row` nodes, after the loop).
 * - `wide`: over the samples and, within, over the units: sums over many units for each sample.
 * - `flat`: over the elements of vectors without a batch; up to one product that is summed over the batch, so that a
 *   kernel is updated where its gradient is made.
 * - `cells`: no loop: copies the step inputs that are not rows of the batch. It comes first.
 * - `single`: one node with a kernel of its own.
 */
import type { Program } from '../../program/program.ts';
import type { Forms } from './forms.ts';
import { valuesOf } from './operations.ts';

export type LoopKind = 'units' | 'samples' | 'wide' | 'flat' | 'cells' | 'single';
/** `element` nodes are computed at every place of the loop, `row` nodes for every unit when its batch is done. */
export type Level = 'element' | 'row';

export interface Loop {
  readonly index: number;
  readonly kind: LoopKind;
  /** Units of `units` and `wide`, elements of `flat`. */
  readonly size: number;
  /** In order. */
  readonly nodes: Map<number, Level>;
}

/** Most units that `samples` unrolls: of layers it computes, and of a product's two sides. */
const UNROLLED_UNITS = 16;
const UNROLLED_PRODUCT = 4;
const UNROLLED_OUTER = 4;
/** So many units begin a loop of their own with their units unrolled. */
const NARROW_UNITS = 4;
/** Bounds the code of one function. */
const MOST_NODES = 600;

export function joinLoops(program: Program, forms: Forms): Loop[] {
  const joiner = new LoopJoiner(forms);
  joiner.placeAll(program.nodes);
  return joiner.loops;
}

/** Ids of the computed values that a node reads. */
function readsOf(forms: Forms, id: number): number[] {
  return valuesOf(forms.node(id)).flatMap((operand) => computedRoots(forms, operand));
}

/** The computed values that a value consists of. */
export function computedRoots(forms: Forms, id: number): number[] {
  const root = forms.root(id).id;
  const form = forms.of(root);
  if (form.kind === 'concat') return forms.node(root).inputs.flatMap((part) => computedRoots(forms, part));
  return form.kind === 'given' ? [] : [root];
}

class LoopJoiner {
  readonly loops: Loop[] = [];
  readonly #forms: Forms;
  readonly #loopOf = new Map<number, Loop>();
  /** By a mask as 0 or 1: the loops that read it. */
  readonly #masking = new Map<number, Set<Loop>>();
  /** Nodes that wait for the first node that reads them. */
  readonly #floating = new Set<number>();
  /** Bit i: the loop reads, directly or not, what loop i computes. */
  readonly #ancestors: bigint[] = [];

  constructor(forms: Forms) {
    this.#forms = forms;
  }

  /** Nodes in order. What depends on nothing computed is placed with the first node that reads it. */
  placeAll(nodes: readonly { id: number }[]): void {
    for (const { id } of nodes) if (this.#isFloating(id)) this.#floating.add(id);
    for (const { id } of nodes) if (!this.#floating.has(id)) this.#place(id);
    for (const id of this.#floating) this.#place(id);
  }

  /** A vector made of given ones and scalars of the step, such as a moment times its decay. */
  #isFloating(id: number): boolean {
    const layout = this.#forms.layout(id);
    return (
      this.#forms.of(id).kind === 'element' &&
      layout.kind === 'flat' &&
      layout.size > 1 &&
      readsOf(this.#forms, id).every((read) => this.#floating.has(read) || this.#forms.of(read).kind === 'cell')
    );
  }

  #place(id: number): void {
    const { kind } = this.#forms.of(id);
    if (kind === 'given' || kind === 'view' || kind === 'concat') return;
    for (const read of readsOf(this.#forms, id))
      if (this.#floating.has(read) && !this.#floatsWith(read, id)) this.#settle(read);
    const sources = [...new Set(readsOf(this.#forms, id).flatMap((read) => this.#loopOf.get(read) ?? []))];
    for (const loop of this.#candidates(id, sources)) {
      const level = this.#levelIn(loop, id);
      const isLegal = sources.every((source) => source === loop || (this.#ancestorsOf(source) & bit(loop)) === 0n);
      if (level === null || !isLegal || loop.nodes.size >= MOST_NODES) continue;
      this.#join(loop, id, level, sources);
      return;
    }
    this.#join(this.#newLoop(id), id, 'element', sources);
  }

  /** Loops that make an operand, the latest first; for scalars and few units also others of their kind. */
  #candidates(id: number, sources: readonly Loop[]): Loop[] {
    const layout = this.#forms.layout(id);
    const latest = sources.toSorted((a, b) => b.index - a.index);
    const isScalar = layout.kind === 'flat' && layout.size === 1;
    const isNarrow = layout.kind === 'panel' && layout.rows <= NARROW_UNITS;
    const others = this.loops.filter(
      ({ kind, size }) =>
        (isScalar && kind === 'flat' && size === 1) || (isNarrow && kind === 'samples') || kind === 'cells',
    );
    return [...this.#maskedLoops(id), ...latest, ...others.toReversed()];
  }

  /** A mask is counted where it is computed anyway to mask something. */
  #maskedLoops(id: number): Loop[] {
    const { op, inputs } = this.#forms.node(id);
    if (op !== 'reduceSum' || this.#forms.of(id).kind !== 'overBatch') return [];
    return [...(this.#masking.get(inputs[0]) ?? [])].toSorted((a, b) => b.index - a.index);
  }

  /** Where in the loop the node can be computed; null if it cannot. */
  #levelIn(loop: Loop, id: number): Level | null {
    const form = this.#forms.of(id);
    const node = this.#forms.node(id);
    const [source] = node.inputs;
    const operands = valuesOf(node).map((operand) => this.#operandIn(loop, operand));
    if (operands.includes('unreadable')) return null;
    const isElement = operands.every((operand) => operand === 'outside' || operand === 'element');
    const canFollow =
      isElement ||
      (loop.kind === 'samples' && operands.every((operand) => operand !== 'row' && operand !== 'overBatch'));
    const follows = operands.some((operand) => operand === 'row' || operand === 'overBatch');
    const isRow = follows && operands.every((operand) => operand !== 'element' && operand !== 'overRows');
    const layout = this.#forms.layout(id);
    switch (form.kind) {
      case 'element':
        if (layout.kind === 'panel') return canFollow && this.#holdsRows(loop, layout.rows) ? 'element' : null;
        if (layout.kind !== 'flat') return null;
        if (loop.kind === 'flat') return isElement && layout.size === loop.size ? 'element' : null;
        if (loop.kind === 'units') return isRow && layout.size === loop.size ? 'row' : null;
        return loop.kind === 'samples' && isRow && layout.size <= UNROLLED_UNITS ? 'row' : null;
      case 'overBatch':
        return canFollow && loop.kind !== 'wide' && this.#holdsRows(loop, this.#rowsOf(source)) ? 'element' : null;
      case 'overRows':
        return canFollow && loop.kind !== 'units' && this.#holdsRows(loop, this.#rowsOf(source)) ? 'element' : null;
      case 'overFlat':
        if (loop.kind === 'flat') return isElement ? 'element' : null;
        return isRow && (loop.kind === 'samples' || operands[0] === 'row') ? 'row' : null;
      case 'product':
        return loop.kind === 'samples' && canFollow && Math.max(form.k, form.n) <= UNROLLED_PRODUCT ? 'element' : null;
      case 'outer':
        return loop.kind === 'samples' && canFollow && form.k * form.n <= UNROLLED_OUTER ? 'element' : null;
      case 'given':
      case 'view':
      case 'concat':
      case 'rows':
      case 'general':
        return null;
      case 'cell':
        return loop.kind === 'cells' ? 'element' : null;
    }
  }

  #holdsRows({ kind, size }: Loop, rows: number): boolean {
    if (kind === 'units' || kind === 'wide') return rows === size;
    return kind === 'samples' && rows <= UNROLLED_UNITS;
  }

  /** What an operand is to the loop. `unreadable`: made in the loop, but not there at the same place. */
  #operandIn(loop: Loop, operand: number): 'outside' | 'element' | 'row' | 'overBatch' | 'overRows' | 'unreadable' {
    const { id } = this.#forms.root(operand);
    const roots = computedRoots(this.#forms, operand);
    if (!roots.some((root) => loop.nodes.has(root))) return 'outside';
    if (this.#forms.of(id).kind === 'concat' || !this.#forms.isWhole(operand)) return 'unreadable';
    if (loop.nodes.get(id) === 'row')
      return this.#forms.of(id).kind === 'overFlat' && loop.kind !== 'samples' ? 'unreadable' : 'row';
    switch (this.#forms.of(id).kind) {
      case 'overBatch':
        return loop.kind !== 'samples' && this.#isScalar(id) && loop.size > 1 ? 'unreadable' : 'overBatch';
      case 'outer':
        return loop.kind === 'samples' ? 'overBatch' : 'element';
      case 'overRows':
        return 'overRows';
      case 'overFlat':
        return 'unreadable';
      case 'given':
      case 'view':
      case 'concat':
      case 'element':
      case 'product':
      case 'rows':
      case 'cell':
      case 'general':
        return 'element';
    }
  }

  #newLoop(id: number): Loop {
    const form = this.#forms.of(id);
    const layout = this.#forms.layout(id);
    const [operand] = this.#forms.node(id).inputs;
    const add = (kind: LoopKind, size: number): Loop => {
      const loop: Loop = { index: this.loops.length, kind, size, nodes: new Map() };
      this.loops.push(loop);
      this.#ancestors.push(0n);
      return loop;
    };
    const overPanel = (rows: number): Loop => add(rows <= NARROW_UNITS ? 'samples' : 'units', rows);
    switch (form.kind) {
      case 'element':
        return layout.kind === 'panel' ? overPanel(layout.rows) : add('flat', this.#sizeOf(id));
      case 'overBatch':
        return overPanel(this.#rowsOf(operand));
      case 'overRows': {
        const rows = this.#rowsOf(operand);
        return add(rows <= UNROLLED_UNITS ? 'samples' : 'wide', rows);
      }
      case 'overFlat':
        return add('flat', this.#sizeOf(operand));
      case 'product':
        return Math.max(form.k, form.n) <= UNROLLED_PRODUCT ? add('samples', form.n) : add('units', form.n);
      case 'outer':
        return add('flat', form.k * form.n);
      case 'given':
      case 'view':
      case 'concat':
      case 'rows':
      case 'general':
        return add('single', 0);
      case 'cell':
        return add('cells', 0);
    }
  }

  /** Whether a floating node has as many elements as the node that reads it, and nothing else is read of it. */
  #floatsWith(floating: number, id: number): boolean {
    const [own, layout] = [this.#forms.layout(floating), this.#forms.layout(id)];
    const isSame = own.kind === 'flat' && layout.kind === 'flat' && own.size === layout.size;
    const isWhole = valuesOf(this.#forms.node(id)).every(
      (operand) => this.#forms.root(operand).id !== floating || this.#forms.isWhole(operand),
    );
    return isSame && isWhole && this.#forms.of(id).kind === 'element';
  }
  #settle(floating: number): void {
    this.#floating.delete(floating);
    this.#place(floating);
  }

  #join(loop: Loop, id: number, level: Level, sources: readonly Loop[]): void {
    loop.nodes.set(id, level);
    this.#loopOf.set(id, loop);
    if (this.#forms.node(id).op === 'mul')
      for (const factor of this.#forms.node(id).inputs)
        if (this.#forms.node(factor).op === 'cast')
          this.#masking.set(factor, (this.#masking.get(factor) ?? new Set()).add(loop));
    for (const read of readsOf(this.#forms, id)) {
      if (!this.#floating.delete(read)) continue;
      const makers = readsOf(this.#forms, read).flatMap((source) => this.#loopOf.get(source) ?? []);
      this.#join(loop, read, level, makers);
    }
    const others = sources.filter((source) => source !== loop);
    const added = others.reduce((set, source) => set | bit(source) | this.#ancestorsOf(source), 0n);
    if ((this.#ancestorsOf(loop) | added) === this.#ancestorsOf(loop)) return;
    for (const other of this.loops)
      if (other === loop || (this.#ancestorsOf(other) & bit(loop)) !== 0n)
        this.#ancestors[other.index] = this.#ancestorsOf(other) | added;
  }

  #ancestorsOf({ index }: Loop): bigint {
    return this.#ancestors[index] ?? 0n;
  }
  #rowsOf(id: number | undefined): number {
    const layout = this.#forms.layout(id ?? Number.NaN);
    return layout.kind === 'panel' ? layout.rows : 0;
  }
  #sizeOf(id: number | undefined): number {
    const layout = this.#forms.layout(id ?? Number.NaN);
    return layout.kind === 'panel' ? 0 : layout.size;
  }
  #isScalar(id: number): boolean {
    const layout = this.#forms.layout(id);
    return layout.kind === 'flat' && layout.size === 1;
  }
}

const bit = ({ index }: Loop): bigint => 1n << BigInt(index);
