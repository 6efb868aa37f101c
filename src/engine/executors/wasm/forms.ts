/** What a node is to the loops: a view of another value, an element, a reduction, a product, or a kernel of its own. */
import type { Node } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { layoutOf, type Batch, type Layout } from './layout.ts';
import { isElement, valuesOf } from './operations.ts';

export type Form =
  /** Given: a state, or a constant. */
  | { kind: 'given' }
  /** The elements of another value, from `offset` on; nothing is computed. */
  | { kind: 'view'; of: number; offset: number }
  /** Vectors one after another. */
  | { kind: 'concat' }
  /** Elementwise over its own layout. */
  | { kind: 'element' }
  /** Of a panel over the batch: a sum or maximum for each row, or (`total`) of everything. */
  | { kind: 'overBatch'; total: boolean }
  /** Of a panel over its rows: one for each sample; argMax as well. */
  | { kind: 'overRows' }
  /** Of a flat value over everything. */
  | { kind: 'overFlat' }
  /** Panel times flat matrix: [batch, k] x [k, n] -> [batch, n]. */
  | { kind: 'product'; k: number; n: number; transposed: boolean }
  /** Panel times panel, summed over the batch: [batch, k]^T x [batch, n] -> [k, n]. */
  | { kind: 'outer'; k: number; n: number }
  /** Rows of data, or a step input with a row for each sample, turned into a panel. */
  | { kind: 'rows' }
  /** Another step input, copied. */
  | { kind: 'cell' }
  /** Everything else, element by element. */
  | { kind: 'general' };

export class Forms {
  readonly #program: Program;
  readonly #batch: Batch;
  readonly #layouts: readonly Layout[];
  readonly #forms: readonly Form[];

  constructor(program: Program, batch: Batch) {
    this.#program = program;
    this.#batch = batch;
    this.#layouts = program.nodes.map(({ shape }) => layoutOf(shape, batch));
    this.#forms = program.nodes.map((node) => this.#formOf(node));
  }

  of(id: number): Form {
    const form = this.#forms[id];
    if (!form) throw new TypeError(`There is no node ${id}.`);
    return form;
  }
  layout(id: number): Layout {
    const layout = this.#layouts[id];
    if (!layout) throw new TypeError(`There is no node ${id}.`);
    return layout;
  }
  node(id: number): Node {
    const node = this.#program.nodes[id];
    if (!node) throw new TypeError(`There is no node ${id}.`);
    return node;
  }

  /** The value that a view shows, and the element at which it begins. */
  root(id: number): { id: number; offset: number } {
    let [root, offset] = [id, 0];
    for (let form = this.of(root); form.kind === 'view'; form = this.of(root)) {
      root = form.of;
      offset += form.offset;
    }
    return { id: root, offset };
  }
  /** Whether a view shows the whole of its root. */
  isWhole(id: number): boolean {
    const [own, root] = [this.layout(id), this.layout(this.root(id).id)];
    return own.kind === 'panel'
      ? root.kind === 'panel' && own.rows === root.rows
      : root.kind !== 'panel' && own.size === root.size;
  }

  /** How an element reads an operand. */
  #isReadable(operand: number, layout: Layout): boolean {
    const own = this.layout(operand);
    if (own.kind === 'plain' || layout.kind === 'plain') return false;
    if (own.kind === 'flat' && own.size === 1) return true;
    if (layout.kind === 'flat') return own.kind === 'flat' && own.size === layout.size;
    return own.kind === 'panel' ? own.rows === layout.rows || own.rows === 1 : own.size === layout.rows;
  }

  #formOf(node: Node): Form {
    if (isElement(node)) return { kind: this.#areReadable(node) ? 'element' : 'general' };
    const layout = this.layout(node.id);
    switch (node.op) {
      case 'constant':
        return { kind: 'given' };
      case 'input':
        if (node.role !== 'step') return { kind: 'given' };
        return layout.kind === 'panel' && node.shape[0] === 'batch' ? { kind: 'rows' } : { kind: 'cell' };
      case 'gather':
        return { kind: 'rows' };
      case 'reshape':
        return this.#isSameOrder(node.inputs[0], node.id)
          ? { kind: 'view', of: node.inputs[0], offset: 0 }
          : { kind: 'general' };
      case 'slice':
        return { kind: 'view', of: node.inputs[0], offset: node.start };
      case 'concat':
        return { kind: 'concat' };
      case 'reduceSum':
      case 'reduceMax':
        return this.#reductionOf(node);
      case 'argMax':
        return this.layout(node.inputs[0]).kind === 'panel' ? { kind: 'overRows' } : { kind: 'general' };
      case 'matMul':
        return this.#productOf(node);
    }
  }

  #areReadable(node: Node): boolean {
    return valuesOf(node).every(
      (operand) => this.#isReadable(operand, this.layout(node.id)) && this.#isAligned(operand, node.id),
    );
  }

  /** A row of as many values as a panel has rows, or a flat value of the same size, must also lie along the same axes. */
  #isAligned(operand: number, id: number): boolean {
    const own = this.node(operand).shape.filter((size) => size !== 1);
    const shape = this.node(id).shape.filter((size) => size !== 1);
    if (own.length === 0 || own.join() === shape.join()) return true;
    const hasBatch = own[0] === 'batch';
    const rest = shape.filter((size) => size !== 'batch');
    return hasBatch ? own.length === 1 : shape.includes('batch') && own.join() === rest.join();
  }

  #isSameOrder(from: number, to: number): boolean {
    const [a, b] = [this.layout(from), this.layout(to)];
    if (a.kind === 'panel') return b.kind === 'panel' && a.rows === b.rows;
    return b.kind !== 'panel';
  }

  #reductionOf({ inputs: [x], axes }: Node<'reduceSum' | 'reduceMax'>): Form {
    const { shape } = this.node(x);
    const layout = this.layout(x);
    const kept = shape.filter((size, axis) => size !== 1 && !axes.includes(axis));
    if (layout.kind === 'flat') return kept.length === 0 ? { kind: 'overFlat' } : { kind: 'general' };
    if (layout.kind === 'plain') return { kind: 'general' };
    const withoutBatch = shape.filter((size) => size !== 1 && size !== 'batch');
    const overBatch = axes.some((axis) => shape[axis] === 'batch');
    if (!overBatch) return kept.length === 1 && kept[0] === 'batch' ? { kind: 'overRows' } : { kind: 'general' };
    if (kept.length === 0) return { kind: 'overBatch', total: true };
    return kept.length === withoutBatch.length ? { kind: 'overBatch', total: false } : { kind: 'general' };
  }

  #productOf({ inputs: [a, b], transposeA, transposeB, shape }: Node<'matMul'>): Form {
    const [left, right] = [this.layout(a), this.layout(b)];
    if (left.kind !== 'panel' || this.node(a).shape[0] !== 'batch') return { kind: 'general' };
    if (!transposeA && right.kind === 'flat')
      return { kind: 'product', k: left.rows, n: Number(shape[1]), transposed: transposeB };
    const isOuter = transposeA && !transposeB && right.kind === 'panel' && this.node(b).shape[0] === 'batch';
    return isOuter ? { kind: 'outer', k: left.rows, n: right.rows } : { kind: 'general' };
  }

  get batch(): Batch {
    return this.#batch;
  }
}
