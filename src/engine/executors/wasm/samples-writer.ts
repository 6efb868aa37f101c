/**
 * Loops over the samples, four at a time, with all units of its layers unrolled. Sums over the batch are finished after
 * the loop, and with them what follows for each unit or weight.
 */
import type { Node } from '../../program/operations.ts';
import { f32x4, i32, i32x4, v128, type Code, type Local } from './encoder.ts';
import { LANES, VECTOR_BYTES, type Layout } from './layout.ts';
import { joinOf, LoopWriter, type At } from './loop-writer.ts';

const atUnit = (unit: number): At => ({ level: 'element', unit, vector: 0 });

export class SamplesWriter extends LoopWriter {
  /** Bytes of the samples in a row. */
  readonly #sample = this.f.local('i32');
  /** Sums over the batch, one for each of their elements. */
  readonly #sums = new Map<number, Local[]>();

  write(): void {
    this.loadScalars();
    for (const node of this.needed) {
      const { kind } = this.forms.of(node.id);
      if (kind !== 'overBatch' && kind !== 'outer') continue;
      const start = f32x4.const(joinOf(node).neutral);
      this.#sums.set(
        node.id,
        Array.from({ length: this.#sizeOf(node.id) }, () => this.f.let('v128', start)),
      );
    }
    const { vectors, tail } = this.batch;
    const full = tail > 0 && this.#sums.size > 0 ? vectors - 1 : vectors;
    const end = i32.const(VECTOR_BYTES * full);
    if (full > 1) this.f.loop(this.#sample, i32.const(0), end, VECTOR_BYTES, () => this.#writeElements(0));
    else if (full === 1) this.#writeElements(0);
    if (vectors > full) {
      this.f.emit(this.#sample.set(end));
      this.#writeElements(tail);
    }
    this.#writeRows();
  }

  protected keyOf(layout: Layout, { level, unit }: At): string {
    if (layout.kind === 'panel') return layout.rows === 1 ? 'p' : `p${unit}`;
    return layout.size === 1 ? '' : `${level} ${unit}`;
  }

  /** At the level of rows `unit` counts vectors of four. */
  protected load(address: number, layout: Layout, { level, unit }: At): Code {
    if (layout.kind === 'panel')
      return v128.load(this.#sample.get, address + (layout.rows === 1 ? 0 : unit) * this.batch.stride);
    if (layout.size === 1) return v128.loadSplat(i32.const(0), address);
    return level === 'row'
      ? v128.load(i32.const(0), address + VECTOR_BYTES * unit)
      : v128.loadSplat(i32.const(0), address + 4 * unit);
  }

  protected override compute(node: Node, at: At): Code {
    if (node.op === 'argMax') return this.#argMax(node);
    if (node.op === 'matMul') return this.#product(node, at);
    if (this.forms.of(node.id).kind !== 'overRows') return super.compute(node, at);
    const [operand = Number.NaN] = node.inputs;
    const { join } = joinOf(node);
    return this.#unitsOf(operand)
      .map((unit) => this.value(operand, { ...at, unit }).get)
      .reduce((sum, value) => join(sum, value));
  }

  #sizeOf(id: number): number {
    const layout = this.forms.layout(id);
    return layout.kind === 'panel' ? layout.rows : layout.size;
  }
  #unitsOf(id: number): number[] {
    return Array.from({ length: this.#sizeOf(id) }, (_, unit) => unit);
  }

  /** The first of the greatest. */
  #argMax({ inputs: [x] }: Node<'argMax'>): Code {
    const best = this.f.let('v128', this.value(x, atUnit(0)).get);
    const index = this.f.let('v128', i32x4.const(0));
    for (const unit of this.#unitsOf(x).slice(1)) {
      const value = this.value(x, atUnit(unit));
      const isGreater = this.f.let('v128', f32x4.gt(value.get, best.get));
      this.f.emit(index.set(v128.select(i32x4.const(unit), index.get, isGreater.get)));
      this.f.emit(best.set(v128.select(value.get, best.get, isGreater.get)));
    }
    return index.get;
  }

  #product({ id, inputs: [panel, matrix] }: Node<'matMul'>, { unit }: At): Code {
    const form = this.forms.of(id);
    if (form.kind !== 'product') throw new TypeError(`Node ${id} is no product.`);
    const { k, n, transposed } = form;
    const root = this.forms.root(matrix);
    const weights = this.addressOf(root.id) + 4 * root.offset;
    const terms = Array.from({ length: k }, (_, term) => ({
      factor: v128.loadSplat(i32.const(0), weights + 4 * (transposed ? unit * k + term : term * n + unit)),
      sample: this.value(panel, atUnit(term)).get,
    }));
    return terms.reduce<Code | null>(
      (sum, { factor, sample }) =>
        sum === null ? f32x4.mul(factor, sample) : this.elementary.multiplyAdd(factor, sample, sum),
      null,
    ) as Code;
  }

  /** `lanes`: of the samples, if not all four are. */
  #writeElements(lanes: number): void {
    this.inScope(() => {
      for (const node of this.needed) {
        if (this.loop.nodes.get(node.id) !== 'element') continue;
        const { kind } = this.forms.of(node.id);
        if (kind === 'overBatch') this.#addBatch(node, lanes);
        else if (node.op === 'matMul' && kind === 'outer') this.#addOuter(node, lanes);
        else this.#writeElement(node.id);
      }
    });
  }

  #writeElement(id: number): void {
    for (const unit of this.#unitsOf(id)) {
      const value = this.value(id, atUnit(unit));
      if (this.isKept(id))
        this.f.emit(v128.store(this.#sample.get, this.addressOf(id) + unit * this.batch.stride, value.get));
    }
  }

  #addBatch(node: Node, lanes: number): void {
    const [operand = Number.NaN] = node.inputs;
    const { join, neutral } = joinOf(node);
    const sums = this.#sums.get(node.id) ?? [];
    for (const unit of this.#unitsOf(operand)) {
      const sum = sums[sums.length === 1 ? 0 : unit];
      const value = this.masked(this.value(operand, atUnit(unit)).get, lanes, neutral);
      if (sum) this.f.emit(sum.set(join(sum.get, value)));
    }
  }

  #addOuter({ id, inputs: [a, b] }: Node<'matMul'>, lanes: number): void {
    const of = (operand: number): Local[] =>
      this.#unitsOf(operand).map((unit) => {
        const value = this.value(operand, atUnit(unit));
        return lanes === 0 ? value : this.f.let('v128', this.masked(value.get, lanes, 0));
      });
    const [left, right] = [of(a), of(b)];
    left.forEach((x, row) =>
      right.forEach((y, column) => {
        const sum = this.#sums.get(id)?.[row * right.length + column];
        if (sum) this.f.emit(sum.set(this.elementary.multiplyAdd(x.get, y.get, sum.get)));
      }),
    );
  }

  /** What follows from the sums. A scalar is in all lanes. */
  #writeRows(): void {
    const deferred: (() => void)[] = [];
    for (const node of this.needed) {
      const sums = this.#sums.get(node.id);
      if (!sums && this.loop.nodes.get(node.id) !== 'row') continue;
      const size = this.#sizeOf(node.id);
      for (let chunk = 0; chunk < Math.ceil(size / LANES); chunk++) {
        const at: At = { level: 'row', unit: chunk, vector: 0 };
        if (sums) this.keepIn(node.id, at, this.#sum(node, sums.slice(LANES * chunk, LANES * (chunk + 1))));
        else if (this.forms.of(node.id).kind === 'overFlat') this.keepIn(node.id, at, this.#overFlat(node));
        const value = this.value(node.id, at);
        if (!this.isKept(node.id)) continue;
        const store = (): void =>
          this.storeLanes(i32.const(0), this.addressOf(node.id) + VECTOR_BYTES * chunk, value, size - LANES * chunk);
        if (this.#isReadLater(node.id)) deferred.push(store);
        else store();
      }
    }
    for (const store of deferred) store();
  }

  #sum(node: Node, sums: readonly Local[]): Local {
    const { join } = joinOf(node);
    const [only] = sums;
    if (this.#sizeOf(node.id) === 1 && only) return this.foldLanes(only, join);
    return this.f.let('v128', this.fold(sums, join));
  }

  #overFlat(node: Node): Local {
    const { join, neutral } = joinOf(node);
    const [operand = Number.NaN] = node.inputs;
    const size = this.#sizeOf(operand);
    const chunks = Array.from({ length: Math.ceil(size / LANES) }, (_, unit) =>
      this.masked(this.value(operand, { level: 'row', unit, vector: 0 }).get, size - LANES * unit, neutral),
    );
    return this.foldLanes(
      this.f.let(
        'v128',
        chunks.reduce((sum, chunk) => join(sum, chunk)),
      ),
      join,
    );
  }

  /** Whether the old value of the state that the node is written over is still to be read. */
  #isReadLater(id: number): boolean {
    return (
      this.context.writesState(id) && this.context.reads.some(({ level, reader }) => level === 'row' && reader > id)
    );
  }
}
