/**
 * Any operation on any layout, element by element: for what no loop of vectors fits, such as a sum over one axis of a
 * matrix without a batch. The element is in all lanes.
 */
import type { Node, Shape } from '../../program/operations.ts';
import { concreteShape } from '../../program/shapes.ts';
import { f32x4, i32, i32x4, v128, type Code, type FunctionWriter, type Local } from './encoder.ts';
import { joinOf } from './folds.ts';
import type { Forms } from './forms.ts';
import { ElementaryFunctions } from './functions.ts';
import { stridesOf } from './layout.ts';
import { elementCode, isElement, valuesOf, type ElementName } from './operations.ts';

export interface GeneralContext {
  readonly forms: Forms;
  /** The address of the first element of a value, which may be a view. */
  readonly addressOf: (id: number) => number;
  readonly fused: boolean;
}

/** An axis of the loops: its length, and the bytes by which each pointer advances along it. */
interface Axis {
  length: number;
  strides: readonly number[];
}

export function writeGeneral(f: FunctionWriter, context: GeneralContext, node: Node): void {
  new GeneralWriter(f, context, node).write();
}

class GeneralWriter {
  readonly #f: FunctionWriter;
  readonly #context: GeneralContext;
  readonly #node: Node;
  /** Where the loops are in the operands, and last in the result. */
  readonly #pointers: Local[];

  constructor(f: FunctionWriter, context: GeneralContext, node: Node) {
    this.#f = f;
    this.#context = context;
    this.#node = node;
    this.#pointers = [...node.inputs, node.id].map((id) => f.let('i32', i32.const(context.addressOf(id))));
  }

  write(): void {
    const node = this.#node;
    if (isElement(node)) return this.#writeElements(node);
    switch (node.op) {
      case 'matMul':
        return this.#writeProduct(node);
      case 'reduceSum':
      case 'reduceMax':
        return this.#writeReduction(node.inputs[0], node.axes, node.keepDims);
      case 'argMax':
        return this.#writeReduction(node.inputs[0], [1], false);
      case 'input':
      case 'constant':
      case 'gather':
      case 'reshape':
      case 'slice':
      case 'concat':
        throw new TypeError(`Node ${node.id} (${node.op}) would move its elements to another layout.`);
    }
  }

  #writeElements(node: Node<ElementName>): void {
    const shape = this.#concrete(node.id);
    const strides = [...node.inputs, node.id].map((id) => this.#broadcastStrides(id, shape));
    const axes = shape.map((length, axis) => ({ length, strides: strides.map((of) => of[axis] ?? 0) }));
    const operands = valuesOf(node);
    const type = this.#context.forms.node(operands[0] ?? node.id).dtype;
    const elementary = new ElementaryFunctions(this.#f, this.#context.fused);
    this.#loops(axes, () => {
      const locals = operands.map((_, position) => this.#f.let('v128', this.#element(position)));
      this.#store(elementCode(node, type, locals, elementary));
    });
  }

  #writeReduction(x: number, axes: readonly number[], keepDims: boolean): void {
    const node = this.#node;
    const shape = this.#concrete(x);
    const [strides, result] = [this.#strides(x), this.#strides(node.id)];
    const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const outer = kept.map((axis, position) => ({
      length: shape[axis] ?? 1,
      strides: [strides[axis] ?? 0, result[keepDims ? axis : position] ?? 0],
    }));
    const inner = axes.map((axis) => ({ length: shape[axis] ?? 1, strides: [strides[axis] ?? 0, 0] }));
    const value = this.#f.local('v128');
    const [best, index] = [this.#f.local('v128'), this.#f.local('v128')];
    this.#loops(outer, () => {
      const { join, neutral } = joinOf(node);
      this.#f.emit(value.set(node.op === 'argMax' ? i32x4.const(0) : f32x4.const(neutral)));
      this.#f.emit(best.set(f32x4.const(-Infinity)), index.set(i32x4.const(0)));
      this.#loops(inner, () => {
        const element = this.#f.let('v128', this.#element(0));
        if (node.op === 'argMax') {
          const isGreater = this.#f.let('v128', f32x4.gt(element.get, best.get));
          this.#f.emit(value.set(v128.select(index.get, value.get, isGreater.get)));
          this.#f.emit(best.set(v128.select(element.get, best.get, isGreater.get)));
          this.#f.emit(index.set(i32x4.add(index.get, i32x4.const(1))));
        } else this.#f.emit(value.set(join(value.get, element.get)));
      });
      this.#store(value.get);
    });
  }

  #writeProduct({ id, inputs: [a, b], transposeA, transposeB }: Node<'matMul'>): void {
    const [rows = 1, columns = 1] = this.#concrete(id);
    const [left, right, result] = [this.#strides(a), this.#strides(b), this.#strides(id)];
    const ofLeft = transposeA ? left.toReversed() : left;
    const ofRight = transposeB ? right.toReversed() : right;
    const terms = this.#concrete(a)[transposeA ? 0 : 1] ?? 1;
    const sum = this.#f.local('v128');
    const outer = [
      { length: rows, strides: [ofLeft[0] ?? 0, 0, result[0] ?? 0] },
      { length: columns, strides: [0, ofRight[1] ?? 0, result[1] ?? 0] },
    ];
    this.#loops(outer, () => {
      this.#f.emit(sum.set(f32x4.const(0)));
      this.#loops([{ length: terms, strides: [ofLeft[1] ?? 0, ofRight[0] ?? 0, 0] }], () =>
        this.#f.emit(sum.set(f32x4.add(sum.get, f32x4.mul(this.#element(0), this.#element(1))))),
      );
      this.#store(sum.get);
    });
  }

  /** Nested loops; afterwards the pointers are where they were. */
  #loops([axis, ...inner]: readonly Axis[], body: () => void): void {
    if (!axis) {
      body();
      return;
    }
    const counter = this.#f.local('i32');
    const steps = this.#pointers.map((pointer, index) => [pointer, axis.strides[index] ?? 0] as const);
    this.#f.loop(counter, i32.const(0), i32.const(axis.length), 1, () => this.#loops(inner, body), steps);
    for (const [pointer, step] of steps) this.#f.emit(pointer.set(i32.sub(pointer.get, i32.const(axis.length * step))));
  }

  #element(position: number): Code {
    const pointer = this.#pointers[position];
    if (!pointer) throw new TypeError(`${this.#node.op} has no operand ${position}.`);
    return v128.loadSplat(pointer.get);
  }
  #store(value: Code): void {
    const pointer = this.#pointers.at(-1);
    if (pointer) this.#f.emit(v128.storeLane(pointer.get, 0, value, 0));
  }

  #concrete(id: number): number[] {
    return concreteShape(this.#shapeOf(id), this.#context.forms.batch.size);
  }
  #strides(id: number): number[] {
    return stridesOf(this.#shapeOf(id), this.#context.forms.batch);
  }
  #shapeOf(id: number): Shape {
    return this.#context.forms.node(id).shape;
  }

  /** Bytes along the axes of a result to which the operand is repeated. */
  #broadcastStrides(id: number, shape: readonly number[]): number[] {
    const [own, strides] = [this.#concrete(id), this.#strides(id)];
    const lead = shape.length - own.length;
    return shape.map((_, axis) => (axis < lead || own[axis - lead] === 1 ? 0 : (strides[axis - lead] ?? 0)));
  }
}
