/**
 * Loops over the samples, four at a time, with all units of its layers unrolled. Sums over the batch are finished after
 * the loop, and with them what follows for each unit or weight.
 */
import type { Node } from '../../program/operations.ts';
import { f32x4, i32, i32x4, v128, type Code, type FunctionWriter, type Local } from './encoder.ts';
import { fold, foldLanes, joinOf, storeLanes } from './folds.ts';
import { LANES, VECTOR_BYTES, type Layout } from './layout.ts';
import { LoopWriter, type At } from './loop-writer.ts';

/** Vectors of samples in one turn: what the layers of one wait for, the other one's do not. */
const WIDTH = 2;

/** Sums that stay in registers; where there are more, moving them from turn to turn would take longer than adding. */
const MOST_LOCAL_SUMS = 8;

/** A sum over the batch, four samples at a time. */
interface Sum {
  add(join: (sum: Code) => Code): void;
  total(): Local;
}
class LocalSum implements Sum {
  readonly #f: FunctionWriter;
  readonly #local: Local;
  constructor(f: FunctionWriter, start: Code) {
    this.#f = f;
    this.#local = f.let('v128', start);
  }
  add(join: (sum: Code) => Code): void {
    this.#f.emit(this.#local.set(join(this.#local.get)));
  }
  total(): Local {
    return this.#local;
  }
}
class KeptSum implements Sum {
  readonly #f: FunctionWriter;
  readonly #address: number;
  constructor(f: FunctionWriter, address: number) {
    this.#f = f;
    this.#address = address;
  }
  add(join: (sum: Code) => Code): void {
    const sum = v128.load(i32.const(0), this.#address);
    this.#f.emit(v128.store(i32.const(0), this.#address, join(sum)));
  }
  total(): Local {
    return this.#f.let('v128', v128.load(i32.const(0), this.#address));
  }
}

export class SamplesWriter extends LoopWriter {
  /** Bytes of the samples in a row. */
  readonly #sample = this.f.local('i32');
  /** Sums over the batch, one for each of their elements. */
  readonly #sums = new Map<number, Sum[]>();
  /** By address: the weights of the layer that is being written. */
  readonly #weights = new Map<number, Local>();

  write(): void {
    this.loadScalars();
    this.#startSums();
    const { vectors, tail } = this.batch;
    const full = tail > 0 && this.#sums.size > 0 ? vectors - 1 : vectors;
    const whole = full - (full % WIDTH);
    const [width, end] = [VECTOR_BYTES * WIDTH, VECTOR_BYTES * whole];
    if (whole > WIDTH)
      this.f.loop(this.#sample, i32.const(0), i32.const(end), width, () => this.#writeElements(WIDTH, 0));
    else if (whole > 0) this.#writeElements(WIDTH, 0);
    const writeAt = (first: number, lanes: number): void => {
      this.f.emit(this.#sample.set(i32.const(VECTOR_BYTES * first)));
      this.#writeElements(1, lanes);
    };
    if (full > whole) writeAt(whole, 0);
    if (vectors > full) writeAt(full, tail);
    this.#writeRows();
  }

  #startSums(): void {
    const summed = this.needed.filter(({ id }) => ['overBatch', 'outer'].includes(this.forms.of(id).kind));
    const count = summed.reduce(
      (total, { id }) => total + (this.context.runningAt(id) === null ? this.#sizeOf(id) : 0),
      0,
    );
    const areLocal = count <= MOST_LOCAL_SUMS;
    let address = areLocal ? 0 : this.context.scratch(VECTOR_BYTES * count);
    for (const node of summed) {
      const start = f32x4.const(joinOf(node).neutral);
      const running = this.context.runningAt(node.id);
      if (running !== null) {
        this.#sums.set(
          node.id,
          this.#unitsOf(node.id).map((unit) => new KeptSum(this.f, running + VECTOR_BYTES * unit)),
        );
        continue;
      }
      const sums = Array.from({ length: this.#sizeOf(node.id) }, (): Sum => {
        if (areLocal) return new LocalSum(this.f, start);
        address += VECTOR_BYTES;
        this.f.emit(v128.store(i32.const(0), address - VECTOR_BYTES, start));
        return new KeptSum(this.f, address - VECTOR_BYTES);
      });
      this.#sums.set(node.id, sums);
    }
  }

  protected keyOf(layout: Layout, { level, unit, vector }: At): string {
    if (layout.kind === 'panel') return layout.rows === 1 ? `p v${vector}` : `p${unit} v${vector}`;
    return layout.size === 1 ? '' : `${level} ${unit}`;
  }

  /** At the level of rows `unit` counts vectors of four. */
  protected load(address: number, layout: Layout, { level, unit, vector }: At): Code {
    if (layout.kind === 'panel') {
      const row = layout.rows === 1 ? 0 : unit * this.batch.stride;
      return v128.load(this.#sample.get, address + row + VECTOR_BYTES * vector);
    }
    if (layout.size === 1) return v128.loadSplat(i32.const(0), address);
    return level === 'row'
      ? v128.load(i32.const(0), address + VECTOR_BYTES * unit)
      : v128.loadSplat(i32.const(0), address + 4 * unit);
  }

  protected override compute(node: Node, at: At): Code {
    if (node.op === 'argMax') return this.#argMax(node, at);
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
  #argMax({ inputs: [x] }: Node<'argMax'>, at: At): Code {
    const best = this.f.let('v128', this.value(x, { ...at, unit: 0 }).get);
    const index = this.f.let('v128', i32x4.const(0));
    for (const unit of this.#unitsOf(x).slice(1)) {
      const value = this.value(x, { ...at, unit });
      const isGreater = this.f.let('v128', f32x4.gt(value.get, best.get));
      this.f.emit(index.set(v128.select(i32x4.const(unit), index.get, isGreater.get)));
      this.f.emit(best.set(v128.select(value.get, best.get, isGreater.get)));
    }
    return index.get;
  }

  #product({ id, inputs: [panel, matrix] }: Node<'matMul'>, at: At): Code {
    const form = this.forms.of(id);
    if (form.kind !== 'product') throw new TypeError(`Node ${id} is no product.`);
    const { k, n, transposed } = form;
    const terms = Array.from({ length: k }, (_, term) => ({
      factor: this.#weight(matrix, transposed ? at.unit * k + term : term * n + at.unit),
      sample: this.value(panel, { ...at, unit: term }).get,
    }));
    return terms.reduce<Code | null>(
      (sum, { factor, sample }) =>
        sum === null ? f32x4.mul(factor, sample) : this.elementary.multiplyAdd(factor, sample, sum),
      null,
    ) as Code;
  }

  /** An element of a matrix in all lanes; the same for all vectors of a turn. */
  #weight(matrix: number, element: number): Code {
    const root = this.forms.root(matrix);
    const address = this.addressOf(root.id) + 4 * root.offset + 4 * element;
    const known = this.#weights.get(address) ?? this.f.let('v128', v128.loadSplat(i32.const(0), address));
    this.#weights.set(address, known);
    return known.get;
  }

  /** `lanes`: of the samples, if not all four are. */
  #writeElements(vectors: number, lanes: number): void {
    const places = Array.from({ length: vectors }, (_, vector) => vector);
    this.inScope(() => {
      for (const node of this.#inOrderOfUse) {
        if (this.#sums.has(node.id)) this.#addToSums(node, places, lanes);
        else {
          this.#weights.clear();
          this.#writeElement(node.id, places);
        }
      }
    });
  }

  /** Elements in order, and sums behind what else reads their operand, so that it is still in a register. */
  get #inOrderOfUse(): readonly Node[] {
    const elements = this.needed.filter(({ id }) => this.loop.nodes.get(id) === 'element');
    const lastUse = new Map<number, number>();
    for (const { id, inputs } of elements)
      if (!this.#sums.has(id) || this.forms.of(id).kind === 'outer')
        for (const operand of inputs) lastUse.set(this.forms.root(operand).id, id);
    const place = (node: Node): number => {
      if (this.forms.of(node.id).kind !== 'overBatch') return node.id;
      const operand = this.forms.root(node.inputs[0] ?? Number.NaN).id;
      const [source = operand] = this.forms.node(operand).inputs;
      const isOnlySummed = !lastUse.has(operand) && this.forms.node(operand).op === 'abs';
      const read = isOnlySummed ? this.forms.root(source).id : operand;
      return Math.max(operand, lastUse.get(read) ?? read) + 0.5;
    };
    return elements.toSorted((a, b) => place(a) - place(b));
  }

  #writeElement(id: number, vectors: readonly number[]): void {
    for (const unit of this.#unitsOf(id))
      for (const vector of vectors) {
        const value = this.value(id, { level: 'element', unit, vector });
        if (!this.isKept(id)) continue;
        const address = this.addressOf(id) + unit * this.batch.stride + VECTOR_BYTES * vector;
        this.f.emit(v128.store(this.#sample.get, address, value.get));
      }
  }

  #addToSums(node: Node, vectors: readonly number[], lanes: number): void {
    const sums = this.#sums.get(node.id) ?? [];
    const [a = Number.NaN, b = Number.NaN] = node.inputs;
    const at = (operand: number, unit: number, vector: number): Code =>
      this.value(operand, { level: 'element', unit, vector }).get;
    if (this.forms.of(node.id).kind === 'outer') {
      const columns = this.#unitsOf(b);
      for (const row of this.#unitsOf(a))
        for (const column of columns)
          sums[row * columns.length + column]?.add((start) =>
            vectors.reduce(
              (sum, vector) =>
                this.elementary.multiplyAdd(this.masked(at(a, row, vector), lanes, 0), at(b, column, vector), sum),
              start,
            ),
          );
      return;
    }
    const { operand, join, neutral } = this.batchSum(node);
    for (const unit of this.#unitsOf(a))
      sums[sums.length === 1 ? 0 : unit]?.add((start) =>
        vectors.reduce((sum, vector) => join(sum, this.masked(at(operand, unit, vector), lanes, neutral)), start),
      );
  }

  /** What follows from the sums. A scalar is in all lanes. */
  #writeRows(): void {
    const deferred: (() => void)[] = [];
    for (const node of this.needed) {
      const sums = this.#sums.get(node.id);
      if (!sums && this.loop.nodes.get(node.id) !== 'row') continue;
      if (this.context.runningAt(node.id) !== null) continue;
      const size = this.#sizeOf(node.id);
      for (let chunk = 0; chunk < Math.ceil(size / LANES); chunk++) {
        const at: At = { level: 'row', unit: chunk, vector: 0 };
        if (sums) this.keepIn(node.id, at, this.#sum(node, sums.slice(LANES * chunk, LANES * (chunk + 1))));
        else if (this.forms.of(node.id).kind === 'overFlat') this.keepIn(node.id, at, this.#overFlat(node));
        const value = this.value(node.id, at);
        if (!this.isKept(node.id)) continue;
        const store = (): void =>
          storeLanes(this.f, i32.const(0), this.addressOf(node.id) + VECTOR_BYTES * chunk, value, size - LANES * chunk);
        if (this.#isReadLater(node.id)) deferred.push(store);
        else store();
      }
    }
    for (const store of deferred) store();
  }

  #sum(node: Node, parts: readonly Sum[]): Local {
    const { total } = this.batchSum(node);
    const sums = parts.map((part) => this.f.let('v128', total(part.total().get)));
    const { join } = joinOf(node);
    const [only] = sums;
    if (this.#sizeOf(node.id) === 1 && only) return foldLanes(this.f, only, join);
    return this.f.let('v128', fold(this.f, sums, join));
  }

  #overFlat(node: Node): Local {
    const { join, neutral } = joinOf(node);
    const [operand = Number.NaN] = node.inputs;
    const size = this.#sizeOf(operand);
    const chunks = Array.from({ length: Math.ceil(size / LANES) }, (_, unit) =>
      this.masked(this.value(operand, { level: 'row', unit, vector: 0 }).get, size - LANES * unit, neutral),
    );
    return foldLanes(
      this.f,
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
