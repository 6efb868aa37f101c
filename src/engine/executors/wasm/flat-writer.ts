/**
 * Loops over the elements of vectors. With a product that is summed over the batch, the elements are those of a kernel,
 * in tiles of two inputs by four units: eight sums in registers over the samples, then four sums are made one vector.
 */
import type { Node } from '../../program/operations.ts';
import { f32x4, i32, v128, type Code, type Local } from './encoder.ts';
import { fold, foldLanes, joinOf, storeLanes } from './folds.ts';
import { LANES, VECTOR_BYTES, type Layout } from './layout.ts';
import { LoopWriter, type At } from './loop-writer.ts';

const EVERYWHERE: At = { level: 'element', unit: 0, vector: 0 };
/** So few vectors of samples need no loop. */
const UNROLLED_VECTORS = 2;
/** Inputs of a tile. */
const TILE_ROWS = 2;

/** A vector of a tile: where it begins, in bytes, and the input and unit of each element. */
interface TileVector {
  offset: number;
  elements: readonly { row: number; column: number }[];
}

export class FlatWriter extends LoopWriter {
  /** Bytes of the element. */
  readonly #element = this.f.local('i32');
  readonly #totals = new Map<number, Local>();
  /** Behind the element: the vector of a tile. */
  #offset = 0;

  write(): void {
    this.loadScalars();
    for (const node of this.needed)
      if (this.forms.of(node.id).kind === 'overFlat')
        this.#totals.set(node.id, this.f.let('v128', f32x4.const(joinOf(node).neutral)));
    const outer = this.needed.find(({ op }) => op === 'matMul') as Node<'matMul'> | undefined;
    if (outer) new OuterTiles(this, outer).write();
    else this.#overElements();
    for (const [id, total] of this.#totals)
      if (this.isKept(id)) {
        const sum = foldLanes(this.f, total, joinOf(this.forms.node(id)).join);
        storeLanes(this.f, i32.const(0), this.addressOf(id), sum, 1);
      }
  }

  protected keyOf(layout: Layout): string {
    return layout.kind !== 'panel' && layout.size === 1 && this.loop.size > 1 ? '' : `e${this.#offset}`;
  }
  protected load(address: number, layout: Layout): Code {
    return layout.kind !== 'panel' && layout.size === 1
      ? v128.loadSplat(i32.const(0), address)
      : v128.load(this.#element.get, address + this.#offset);
  }

  #overElements(): void {
    const whole = this.loop.size - (this.loop.size % LANES);
    if (whole > LANES)
      this.f.loop(this.#element, i32.const(0), i32.const(4 * whole), VECTOR_BYTES, () => this.writeVector(LANES));
    else if (whole > 0) this.writeVector(LANES);
    if (this.loop.size === whole) return;
    this.f.emit(this.#element.set(i32.const(4 * whole)));
    this.writeVector(this.loop.size - whole);
  }

  /** Computes what follows at the current element and stores it. */
  writeVector(lanes: number, outer: { id: number; value: Local } | null = null): void {
    this.inScope(() => {
      if (outer) this.keepIn(outer.id, EVERYWHERE, outer.value);
      const kept: [number, Local][] = [];
      for (const node of this.needed) {
        const total = this.#totals.get(node.id);
        const value = this.value(total ? (node.inputs[0] ?? Number.NaN) : node.id, EVERYWHERE);
        if (total) {
          const { join, neutral } = joinOf(node);
          this.f.emit(total.set(join(total.get, this.masked(value.get, lanes, neutral))));
        } else if (this.isKept(node.id)) kept.push([node.id, value]);
      }
      for (const [id, value] of kept)
        storeLanes(this.f, this.#element.get, this.addressOf(id) + this.#offset, value, lanes);
    });
  }

  /** For the tiles of a product. */
  get parts() {
    return {
      f: this.f,
      element: this.#element,
      batch: this.batch,
      elementary: this.elementary,
      addressOf: (operand: number): number => {
        const { id, offset } = this.forms.root(operand);
        return this.addressOf(id) + 4 * offset;
      },
      rowsOf: (operand: number): number => {
        const layout = this.forms.layout(operand);
        return layout.kind === 'panel' ? layout.rows : 1;
      },
      masked: (value: Code, lanes: number): Code => this.masked(value, lanes, 0),
      writeVector: (offset: number, lanes: number, id: number, sums: readonly Local[]): void => {
        this.#offset = offset;
        this.writeVector(lanes, { id, value: this.f.let('v128', fold(this.f, sums, f32x4.add)) });
        this.#offset = 0;
      },
    };
  }
}

/** The tiles of a kernel's gradient, [inputs]^T x [units] over the samples. */
class OuterTiles {
  readonly #parts: FlatWriter['parts'];
  readonly #id: number;
  /** Rows and columns of the product, and where their samples are. */
  readonly #rows: number;
  readonly #columns: number;
  readonly #left: number;
  readonly #right: number;
  /** Bytes of the tile's first row and column in their panels. */
  readonly #row: Local;
  readonly #column: Local;

  constructor(writer: FlatWriter, { id, inputs: [a, b] }: Node<'matMul'>) {
    this.#parts = writer.parts;
    this.#id = id;
    // A single unit's weights lie one behind the other as a single input's do.
    const [left, right] = this.#parts.rowsOf(b) === 1 ? [b, a] : [a, b];
    this.#rows = this.#parts.rowsOf(left);
    this.#columns = this.#parts.rowsOf(right);
    this.#left = this.#parts.addressOf(left);
    this.#right = this.#parts.addressOf(right);
    this.#row = this.#parts.f.local('i32');
    this.#column = this.#parts.f.local('i32');
  }

  write(): void {
    const { f, element, batch } = this.#parts;
    f.emit(element.set(i32.const(0)));
    const height = this.#columns === 2 ? TILE_ROWS * 2 : TILE_ROWS;
    this.#repeat(this.#row, this.#rows, height, batch.stride, (rows) => {
      if (this.#columns <= 2) {
        f.emit(this.#column.set(i32.const(0)));
        this.#writeTile(this.#pairs(rows));
        this.#advance(4 * rows * this.#columns);
        return;
      }
      this.#repeat(this.#column, this.#columns, LANES, batch.stride, (columns) => {
        this.#writeTile(this.#block(rows, columns));
        this.#advance(4 * columns);
      });
      this.#advance(4 * (rows - 1) * this.#columns);
    });
  }

  /** `body` for tiles of `size` of `count`, then for what is left; `at` advances by `stride` for each. */
  #repeat(at: Local, count: number, size: number, stride: number, body: (size: number) => void): void {
    const whole = count - (count % size);
    const { f } = this.#parts;
    if (whole > size) f.loop(at, i32.const(0), i32.const(whole * stride), size * stride, () => body(size));
    else if (whole > 0) {
      f.emit(at.set(i32.const(0)));
      body(size);
    }
    if (count === whole) return;
    f.emit(at.set(i32.const(whole * stride)));
    body(count - whole);
  }

  #advance(bytes: number): void {
    const { f, element } = this.#parts;
    if (bytes > 0) f.emit(element.set(i32.add(element.get, i32.const(bytes))));
  }

  #block(rows: number, columns: number): TileVector[] {
    return Array.from({ length: rows }, (_, row) => ({
      offset: 4 * row * this.#columns,
      elements: Array.from({ length: columns }, (_column, column) => ({ row, column })),
    }));
  }
  /** All elements of rows that have at most two. */
  #pairs(rows: number): TileVector[] {
    const elements = Array.from({ length: rows * this.#columns }, (_, index) => ({
      row: Math.floor(index / this.#columns),
      column: index % this.#columns,
    }));
    return Array.from({ length: Math.ceil(elements.length / LANES) }, (_, vector) => ({
      offset: VECTOR_BYTES * vector,
      elements: elements.slice(LANES * vector, LANES * (vector + 1)),
    }));
  }

  #writeTile(vectors: readonly TileVector[]): void {
    const { f, batch, writeVector } = this.#parts;
    const sums = vectors.map(({ elements }) => elements.map(() => f.let('v128', f32x4.const(0))));
    const [left, right] = [f.let('i32', this.#row.get), f.let('i32', this.#column.get)];
    const full = batch.tail > 0 ? batch.vectors - 1 : batch.vectors;
    if (full > UNROLLED_VECTORS) {
      const end = f.let('i32', i32.add(left.get, i32.const(VECTOR_BYTES * full)));
      f.loop(left, left.get, end.get, VECTOR_BYTES, () => this.#add(vectors, sums, left, right, 0, 0), [
        [right, VECTOR_BYTES],
      ]);
      if (batch.tail > 0) this.#add(vectors, sums, left, right, 0, batch.tail);
    } else {
      for (let vector = 0; vector < batch.vectors; vector++)
        this.#add(vectors, sums, left, right, VECTOR_BYTES * vector, vector < full ? 0 : batch.tail);
    }
    vectors.forEach(({ offset, elements }, index) => writeVector(offset, elements.length, this.#id, sums[index] ?? []));
  }

  /** The products of four samples, `offset` bytes on. */
  #add(
    vectors: readonly TileVector[],
    sums: readonly Local[][],
    left: Local,
    right: Local,
    offset: number,
    lanes: number,
  ): void {
    const { f, batch, elementary, masked } = this.#parts;
    const loaded = new Map<string, Local>();
    const load = (name: string, base: Local, address: number): Local => {
      const known = loaded.get(name) ?? f.let('v128', masked(v128.load(base.get, address + offset), lanes));
      loaded.set(name, known);
      return known;
    };
    vectors.forEach(({ elements }, vector) =>
      elements.forEach(({ row, column }, lane) => {
        const x = load(`row ${row}`, left, this.#left + row * batch.stride);
        const y = load(`column ${column}`, right, this.#right + column * batch.stride);
        const sum = sums[vector]?.[lane];
        if (sum) f.emit(sum.set(elementary.multiplyAdd(x.get, y.get, sum.get)));
      }),
    );
  }
}
