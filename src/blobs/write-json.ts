/** The lists of a blob as JSON, piece by piece, so that any number of them takes little memory and holds nothing up. */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { BlobContent, PackedList } from '../schemas/index.ts';
import { aligned, bytesOf, bytesPerNumber, countOf, viewOf, type Numbers } from './numbers.ts';

/** Numbers that are written at once: about a millisecond. */
const PIECE = 8192;

const inflate = promisify<Uint8Array, Buffer>(inflateRaw);

/**
 * The members of an object with the lists as they were sent: `"inputs":[...],"targets":[...]`. Reads the parts as it goes.
 * Throws a RangeError if they do not hold all numbers.
 */
export async function* writeLists({ lists }: BlobContent, parts: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const reader = new Reader(parts);
  let separator = '';
  for (const [name, value] of Object.entries(lists) as [string, PackedList | PackedList[] | Layer[]][]) {
    yield `${separator}${JSON.stringify(name)}:`;
    yield* writeValue(value, reader);
    separator = ',';
  }
}

type Layer = Record<string, PackedList>;
type Value = PackedList | Layer | readonly (PackedList | Layer)[];

async function* writeValue(value: Value, reader: Reader): AsyncGenerator<string> {
  if (isList(value)) yield* writeList(value, reader);
  else if (isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield index === 0 ? '[' : ',';
      yield* writeValue(item, reader);
    }
    yield value.length === 0 ? '[]' : ']';
  } else {
    let separator = '{';
    for (const [name, list] of Object.entries(value)) {
      yield `${separator}${JSON.stringify(name)}:`;
      yield* writeList(list, reader);
      separator = ',';
    }
    yield separator === '{' ? '{}' : '}';
  }
}

const isArray = (value: Value): value is readonly (PackedList | Layer)[] => Array.isArray(value);
const isList = (value: Value): value is PackedList => 'shape' in value && Array.isArray(value.shape);

async function* writeList(list: PackedList, reader: Reader): AsyncGenerator<string> {
  const [rows, columns] = list.shape;
  if (rows === 0) {
    yield '[]';
    return;
  }
  let at = 0;
  for await (const values of reader.take(list)) {
    let text = at === 0 ? '[' : '';
    for (const value of values) {
      const column = columns === undefined ? 0 : at % columns;
      if (columns !== undefined && column === 0) text += at === 0 ? '[' : '],[';
      else if (at > 0) text += ',';
      text += value === 0 && 1 / value < 0 ? '-0' : String(value);
      at += 1;
    }
    yield text;
  }
  yield columns === undefined ? ']' : ']]';
}

/** Reads lists one after another from the parts in which they are. */
class Reader {
  readonly #parts: AsyncIterator<Uint8Array>;
  #part: Uint8Array<ArrayBuffer> = new Uint8Array();
  #offset = 0;

  constructor(parts: AsyncIterable<Uint8Array>) {
    this.#parts = parts[Symbol.asyncIterator]();
  }

  async *take(list: PackedList): AsyncGenerator<Numbers> {
    const size = bytesPerNumber(list.numbers);
    for (let left = countOf(list); left > 0;) {
      if (this.#offset === this.#part.length) await this.#next();
      const count = Math.min(left, PIECE, (this.#part.length - this.#offset) / size);
      yield viewOf(list.numbers, this.#part.buffer, this.#part.byteOffset + this.#offset, count);
      left -= count;
      this.#offset += count * size;
    }
    this.#offset += aligned(bytesOf(list)) - bytesOf(list);
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#parts.next();
    if (done) throw new RangeError('The numbers that came with this job are not complete.');
    // In memory of its own, so that it begins at a multiple of 8 bytes.
    this.#part = new Uint8Array(await inflate(value));
    this.#offset = 0;
  }
}
