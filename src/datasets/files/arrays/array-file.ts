/** An array in a file: NPY and IDX differ in their header only. */
import { open, type FileHandle } from 'node:fs/promises';
import type { ValueType } from '../../../schemas/index.ts';
import type { BufferedColumn, ColumnPlan } from '../../table/table-writer.ts';
import { FileDamage } from '../damage.ts';

/** How one value is stored. */
export interface Item {
  bytes: number;
  type: ValueType;
  /** Unsigned bytes, which are copied as they are. */
  areBytes: boolean;
  /** A number, or a text for the type `text`; null and NaN are missing. */
  read(view: DataView, at: number): number | string | null;
}

export interface ArrayHeader {
  item: Item;
  /** Rows first. */
  shape: number[];
  /** Columns one after the other. */
  isFortran: boolean;
  /** Of the first value in the file. */
  offset: number;
}

/** An array whose rows are read one after the other into a column of a table. */
export class ArrayFile {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  readonly #header: ArrayHeader;
  readonly #file: FileHandle;
  readonly #advance: (bytes: number) => void;
  #buffer = Buffer.alloc(0);

  /** Opens the file. Throws FileDamage if it is longer or shorter than its header says. */
  static async open(
    path: string,
    name: string,
    header: ArrayHeader,
    advance: (bytes: number) => void,
  ): Promise<ArrayFile> {
    const values = header.shape.reduce((product, size) => product * size, 1);
    if (header.shape.length === 0) throw new FileDamage('The array is a single value. It needs one row per sample.');
    if (values === 0) throw new FileDamage(`The array is empty: its shape is (${header.shape.join(', ')}).`);
    const file = await open(path);
    const { size } = await file.stat();
    const expected = header.offset + values * header.item.bytes;
    if (size === expected) return new ArrayFile(name, header, file, advance);
    await file.close();
    const fault = size < expected ? 'The file was cut off' : 'There is something behind the array';
    throw new FileDamage(
      `${fault}: the header announces ${expected.toLocaleString('en')} bytes, the file has ${size.toLocaleString('en')}. Save it again.`,
    );
  }

  private constructor(name: string, header: ArrayHeader, file: FileHandle, advance: (bytes: number) => void) {
    this.name = name;
    this.#header = header;
    this.#file = file;
    this.#advance = advance;
    const [rows = 0, ...rest] = header.shape;
    this.rows = rows;
    this.width = rest.reduce((product, size) => product * size, 1);
  }

  get type(): ValueType {
    return this.#header.item.type;
  }
  get areBytes(): boolean {
    return this.#header.item.areBytes;
  }
  get rowBytes(): number {
    return this.width * this.#header.item.bytes;
  }
  /** Of one row. */
  get rowShape(): number[] {
    return this.#header.shape.slice(1);
  }

  planAs(name: string, suggestedRole?: 'input' | 'target'): ColumnPlan {
    const { type, areBytes, width, rowShape } = this;
    return {
      name,
      type,
      width,
      areBytes,
      ...(width > 1 ? { shape: rowShape } : {}),
      ...(suggestedRole === undefined ? {} : { suggestedRole }),
    };
  }

  /** Reads rows `first` to `first + count` into `column`, from its row `at` on. */
  async readRows(first: number, count: number, column: BufferedColumn, at: number): Promise<void> {
    const { width } = this;
    await this.#readValues(
      first,
      count,
      (value, row, place) => put(value, column, (at + row) * width + place),
      (bytes) => column.values.set(bytes, at * width),
    );
  }

  /** Reads the values of each row into a column each. */
  async readRowsApart(first: number, count: number, columns: readonly BufferedColumn[], at: number): Promise<void> {
    await this.#readValues(first, count, (value, row, place) => put(value, columns[place]!, at + row));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #readValues(
    first: number,
    count: number,
    put: (value: number | string | null, row: number, place: number) => void,
    putBytes?: (bytes: Uint8Array) => void,
  ): Promise<void> {
    const { item, isFortran, offset } = this.#header;
    const { rows, width } = this;
    if (!isFortran || width === 1) {
      const bytes = await this.#read(offset + first * width * item.bytes, count * width * item.bytes);
      if (item.areBytes && putBytes !== undefined) return putBytes(bytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0, row = 0; row < count; row++)
        for (let place = 0; place < width; place++, i++) put(item.read(view, i * item.bytes), row, place);
      return;
    }
    const places = rowPlaces(this.rowShape);
    for (let stored = 0; stored < width; stored++) {
      const bytes = await this.#read(offset + (stored * rows + first) * item.bytes, count * item.bytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let row = 0; row < count; row++) put(item.read(view, row * item.bytes), row, places[stored]!);
    }
  }

  async #read(position: number, length: number): Promise<Buffer> {
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#file.read(this.#buffer, done, length - done, position + done);
      if (bytesRead === 0) throw new FileDamage('The file became shorter while it was read.');
      done += bytesRead;
    }
    // Progress is of two passes; arrays need one.
    this.#advance(2 * length);
    return this.#buffer.subarray(0, length);
  }
}

function put(value: number | string | null, { values, dictionary, plan }: BufferedColumn, at: number): void {
  values[at] = plan.type === 'text' ? dictionary.add(value as string | null) : (value as number);
}

/** Where the k-th stored value of a row belongs: the first index runs fastest in Fortran, the last one in C. */
function rowPlaces(shape: readonly number[]): Int32Array {
  const width = shape.reduce((product, size) => product * size, 1);
  return Int32Array.from({ length: width }, (_, stored) => {
    let place = 0,
      rest = stored;
    const indices = shape.map((size) => {
      const index = rest % size;
      rest = Math.floor(rest / size);
      return index;
    });
    for (const [i, size] of shape.entries()) place = place * size + indices[i]!;
    return place;
  });
}
