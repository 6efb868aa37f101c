/**
 * Loops over tiles of units and, within, over the samples. A tile of a product is four units by eight samples, or two by
 * sixteen: its sums stay in eight registers, and every step of its inner loop loads six vectors of weights and samples.
 */
import type { Node } from '../../program/operations.ts';
import { f32x4, i32, v128, type Code, type Local } from './encoder.ts';
import { fold, foldLanes, joinOf, storeLanes } from './folds.ts';
import { LANES, VECTOR_BYTES, type Layout } from './layout.ts';
import { LoopWriter, type At } from './loop-writer.ts';

const ACCUMULATORS = 8;
/** Units of a tile of which nothing is summed for each unit but what runs on: memory has its turn half as often. */
const LOW_TILE = 2;
/** Products with so few terms need no loop. */
const UNROLLED_TERMS = 4;

export class UnitsWriter extends LoopWriter {
  /** Bytes of the tile's first unit in a vector of units, of its row in a panel, and of the samples in a row. */
  readonly #unit = this.f.local('i32');
  readonly #row = this.f.local('i32');
  readonly #sample = this.f.local('i32');
  /** The samples in the tile's row. */
  readonly #element = this.f.local('i32');
  readonly #product = this.needed.find(({ op }) => op === 'matMul') as Node<'matMul'> | undefined;
  /** Units of the tile that is being written. */
  #units = 1;
  #totals = new Map<number, Local>();

  write(): void {
    this.loadScalars();
    for (const node of this.needed) if (this.#isTotal(node)) this.#totals.set(node.id, this.#start(node));
    const height = this.#tileHeight();
    const whole = Math.floor(this.loop.size / height);
    const rest = this.loop.size % height;
    this.f.emit(this.#row.set(i32.const(0)));
    if (whole > 0)
      this.f.loop(this.#unit, i32.const(0), i32.const(4 * whole * height), 4 * height, () => this.#writeTile(height), [
        [this.#row, height * this.batch.stride],
      ]);
    if (rest > 0) {
      this.f.emit(this.#unit.set(i32.const(4 * whole * height)));
      this.#writeTile(rest);
    }
    for (const [id, total] of this.#totals) {
      const node = this.forms.node(id);
      const values = this.f.let('v128', this.batchSum(node).total(total.get));
      const sum = foldLanes(this.f, values, joinOf(node).join);
      if (this.isKept(id)) storeLanes(this.f, i32.const(0), this.addressOf(id), sum, 1);
    }
  }

  protected keyOf(layout: Layout, { level, unit, vector }: At): string {
    if (layout.kind !== 'panel')
      return layout.size === 1 && this.loop.size > 1 ? '' : level === 'row' ? 'row' : `u${unit}`;
    return layout.rows === 1 && this.loop.size > 1 ? `v${vector}` : `u${unit} v${vector}`;
  }

  protected load(address: number, layout: Layout, { level, unit, vector }: At): Code {
    if (layout.kind === 'panel')
      return layout.rows === 1
        ? v128.load(this.#sample.get, address + VECTOR_BYTES * vector)
        : v128.load(this.#element.get, address + unit * this.batch.stride + VECTOR_BYTES * vector);
    if (layout.size === 1) return v128.loadSplat(i32.const(0), address);
    return level === 'row' ? v128.load(this.#unit.get, address) : v128.loadSplat(this.#unit.get, address + 4 * unit);
  }

  /** Sums over everything, of a panel or of what was computed for each unit. */
  #isTotal({ id }: Node): boolean {
    const form = this.forms.of(id);
    return form.kind === 'overFlat' || (form.kind === 'overBatch' && form.total && this.loop.size > 1);
  }
  #start(node: Node): Local {
    return this.f.let('v128', f32x4.const(joinOf(node).neutral));
  }

  #tileHeight(): number {
    const hasRows = this.needed.some((node) => this.forms.of(node.id).kind === 'overBatch' && !this.#isRunning(node));
    if (hasRows) return Math.min(LANES, this.loop.size);
    if (!this.#product) return 1;
    const isLong = this.batch.vectors >= ACCUMULATORS / LOW_TILE;
    return Math.min(isLong ? LOW_TILE : LANES, this.loop.size);
  }

  #writeTile(units: number): void {
    this.#units = units;
    this.inScope(() => {
      for (const { operand, level } of this.context.reads)
        if (level === 'element' && this.forms.layout(operand).kind === 'flat' && this.#isRow(operand))
          for (let unit = 0; unit < units; unit++) this.value(operand, { level, unit, vector: 0 });
      const sums = new Map<number, Local[]>();
      for (const node of this.needed)
        if (this.forms.of(node.id).kind === 'overBatch' && !this.#isTotal(node) && !this.#isRunning(node))
          sums.set(
            node.id,
            Array.from({ length: units }, () => this.#start(node)),
          );
      this.#overSamples((vectors, lanes) => this.#writeElements(vectors, lanes, sums));
      this.#writeRows(sums);
    });
  }
  /** Only elements read rows; the matrix of a product is read by the product. */
  #isRow(operand: number): boolean {
    const layout = this.forms.layout(operand);
    const isMatrix =
      this.#product !== undefined && this.forms.root(this.#product.inputs[1]).id === this.forms.root(operand).id;
    return layout.kind === 'flat' && layout.size === this.loop.size && layout.size > 1 && !isMatrix;
  }

  /** The last samples apart if they do not fill a vector and something is summed over them. */
  #overSamples(body: (vectors: number, lanes: number) => void): void {
    const { vectors, tail } = this.batch;
    const isSummed = this.needed.some(({ id }) => this.forms.of(id).kind === 'overBatch');
    const full = tail > 0 && isSummed ? vectors - 1 : vectors;
    const width = Math.max(1, Math.min(full, Math.floor(ACCUMULATORS / this.#units)));
    const whole = full - (full % width);
    const write = (count: number, lanes: number): void => {
      this.f.emit(this.#element.set(i32.add(this.#row.get, this.#sample.get)));
      body(count, lanes);
    };
    if (whole > width)
      this.f.loop(this.#sample, i32.const(0), i32.const(VECTOR_BYTES * whole), VECTOR_BYTES * width, () =>
        write(width, 0),
      );
    else if (whole > 0) {
      this.f.emit(this.#sample.set(i32.const(0)));
      write(width, 0);
    }
    const writeAt = (first: number, count: number, lanes: number): void => {
      this.f.emit(this.#sample.set(i32.const(VECTOR_BYTES * first)));
      write(count, lanes);
    };
    if (full > whole) writeAt(whole, full - whole, 0);
    if (vectors > full) writeAt(full, 1, tail);
  }

  #writeElements(vectors: number, lanes: number, sums: ReadonlyMap<number, Local[]>): void {
    this.inScope(() => {
      if (this.#product) this.#multiply(this.#product, vectors);
      for (let unit = 0; unit < this.#units; unit++) {
        for (let vector = 0; vector < vectors; vector++) {
          const at: At = { level: 'element', unit, vector };
          for (const node of this.needed)
            if (this.loop.nodes.get(node.id) === 'element' && !this.#isRunning(node))
              this.#writeElement(node, at, lanes, sums);
        }
        for (const node of this.needed) this.#addToRunning(node, unit, vectors, lanes);
      }
    });
  }

  #writeElement(node: Node, at: At, lanes: number, sums: ReadonlyMap<number, Local[]>): void {
    if (this.forms.of(node.id).kind === 'overBatch') {
      const { operand, join, neutral } = this.batchSum(node);
      const sum = this.#totals.get(node.id) ?? sums.get(node.id)?.[at.unit];
      const value = this.masked(this.value(operand, at).get, lanes, neutral);
      if (sum) this.f.emit(sum.set(join(sum.get, value)));
    } else if (this.isKept(node.id)) {
      const value = this.value(node.id, at);
      const address = this.addressOf(node.id) + VECTOR_BYTES * at.vector + at.unit * this.batch.stride;
      this.f.emit(v128.store(this.#element.get, address, value.get));
    }
  }

  #isRunning({ id }: Node): boolean {
    return this.context.runningAt(id) !== null;
  }
  /** Sums that run on have no register: they would be moved to the stack and back while a product is computed. */
  #addToRunning(node: Node, unit: number, vectors: number, lanes: number): void {
    const address = this.context.runningAt(node.id);
    if (address === null) return;
    const { operand, join, neutral } = this.batchSum(node);
    const place = i32.shl(this.#unit.get, i32.const(2));
    let sum = v128.load(place, address + VECTOR_BYTES * unit);
    for (let vector = 0; vector < vectors; vector++) {
      const value = this.value(operand, { level: 'element', unit, vector });
      sum = join(sum, this.masked(value.get, lanes, neutral));
    }
    this.f.emit(v128.store(place, address + VECTOR_BYTES * unit, sum));
  }

  #writeRows(sums: ReadonlyMap<number, Local[]>): void {
    const at: At = { level: 'row', unit: 0, vector: 0 };
    const kept: [number, Local][] = [];
    for (const node of this.needed) {
      const parts = sums.get(node.id);
      if (parts) {
        const { total } = this.batchSum(node);
        const values = parts.map((part) => this.f.let('v128', total(part.get)));
        this.keepIn(node.id, at, this.f.let('v128', fold(this.f, values, joinOf(node).join)));
      }
      if (!parts && this.loop.nodes.get(node.id) !== 'row') continue;
      const total = this.#totals.get(node.id);
      if (total) {
        const { join, neutral } = joinOf(node);
        const value = this.masked(this.value(node.inputs[0] ?? Number.NaN, at).get, this.#units, neutral);
        this.f.emit(total.set(join(total.get, value)));
      } else {
        const value = this.value(node.id, at);
        if (this.isKept(node.id)) kept.push([node.id, value]);
      }
    }
    for (const [id, value] of kept) storeLanes(this.f, this.#unit.get, this.addressOf(id), value, this.#units);
  }

  /** Sums of weight times sample, over the inputs. */
  #multiply({ id, inputs: [panel, matrix] }: Node<'matMul'>, vectors: number): void {
    const form = this.forms.of(id);
    if (form.kind !== 'product') throw new TypeError(`Node ${id} is no product.`);
    const { k, n, transposed } = form;
    const [perTerm, perUnit] = transposed ? [4, 4 * k] : [4 * n, 4];
    const source = this.#addressOfOperand(panel);
    const weights = this.#addressOfOperand(matrix);
    const units = Array.from({ length: this.#units }, (_, unit) => unit);
    const columns = Array.from({ length: vectors }, (_, vector) => vector);
    const bias = this.#biasOf(id);
    const start = (unit: number): Code =>
      bias ? this.value(bias.operand, { level: 'element', unit, vector: 0 }).get : f32x4.const(0);
    const sums = units.map((unit) => columns.map(() => this.f.let('v128', start(unit))));
    const weight = this.f.let('i32', transposed ? i32.mul(this.#unit.get, i32.const(k)) : this.#unit.get);
    const sample = this.f.let('i32', this.#sample.get);
    const addTerm = (term: number): void => {
      const loaded = columns.map((vector) =>
        this.f.let('v128', v128.load(sample.get, source + term * this.batch.stride + VECTOR_BYTES * vector)),
      );
      for (const unit of units) {
        const factor = this.f.let('v128', v128.loadSplat(weight.get, weights + term * perTerm + unit * perUnit));
        for (const vector of columns) {
          const sum = sums[unit]?.[vector];
          const samples = loaded[vector];
          if (sum && samples) this.f.emit(sum.set(this.elementary.multiplyAdd(factor.get, samples.get, sum.get)));
        }
      }
    };
    if (k <= UNROLLED_TERMS) for (let term = 0; term < k; term++) addTerm(term);
    else {
      const end = this.f.let('i32', i32.add(sample.get, i32.const(k * this.batch.stride)));
      this.f.loop(sample, sample.get, end.get, this.batch.stride, () => addTerm(0), [[weight, perTerm]]);
    }
    for (const unit of units)
      for (const vector of columns) {
        const sum = sums[unit]?.[vector];
        if (sum) this.keepIn(bias?.sum ?? id, { level: 'element', unit, vector }, sum);
      }
  }

  /** Where a product is only read to add a row of one number per unit: that row, with which the sums begin. */
  #biasOf(id: number): { operand: number; sum: number } | null {
    const readers = this.needed.filter(({ inputs }) => inputs.some((operand) => this.forms.root(operand).id === id));
    const [sum, ...others] = readers;
    if (sum?.op !== 'add' || others.length > 0 || this.isKept(id)) return null;
    const operand = sum.inputs.find((input) => this.forms.root(input).id !== id);
    const isRow = operand !== undefined && this.#isRow(operand) && !this.loop.nodes.has(this.forms.root(operand).id);
    return isRow ? { operand, sum: sum.id } : null;
  }

  #addressOfOperand(operand: number): number {
    const { id, offset } = this.forms.root(operand);
    return this.addressOf(id) + 4 * offset;
  }
}
