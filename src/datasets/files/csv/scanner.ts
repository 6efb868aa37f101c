/** Finds the rows and cells of a CSV file in its bytes. It makes no strings, so that numbers cost little. */
import { FileDamage } from '../damage.ts';

const MOST_ROW_BYTES = 16 * 1024 * 1024;
const FIRST_BYTES = 2 * 1024 * 1024;

const LINE_FEED = 10,
  CARRIAGE_RETURN = 13,
  SPACE = 32;

/** Codes of single bytes. */
export interface CellMarks {
  delimiter: number;
  /** -1: cells are not quoted. */
  quote: number;
}

/**
 * Takes the bytes of a file, and gives one row at a time: cell i is `bytes` from `starts[i]` to `ends[i]`, without the
 * quotes around it or the spaces around a bare one. Lines with nothing on them are left out.
 *
 *     while (await scanner.fill()) while (scanner.next()) use(scanner);
 */
export class RowScanner {
  bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** 0: bare, 1: quoted, 2: quoted, with doubled quotes within it. */
  quoting = new Uint8Array(64);
  cells = 0;
  /** Of the first byte of the row, from 1. */
  line = 1;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #marks: CellMarks;
  /** Of the next row, and of the bytes that were read. */
  #position = 0;
  #end = 0;
  #isLast = false;
  #linesOfRow = 0;

  constructor(chunks: AsyncIterable<Uint8Array>, marks: CellMarks) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#marks = marks;
  }

  /** Reads on. False at the end of the file. Throws FileDamage for a row without an end. */
  async fill(): Promise<boolean> {
    if (this.#isLast) return false;
    this.bytes.copyWithin(0, this.#position, this.#end);
    this.#end -= this.#position;
    this.#position = 0;
    if (this.#end > MOST_ROW_BYTES) throw this.#endless();
    const { done, value } = await this.#chunks.next();
    if (done === true) {
      this.#isLast = true;
      return this.#end > 0;
    }
    if (this.#end + value.length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#end + value.length));
      this.bytes.copy(larger, 0, 0, this.#end);
      this.bytes = larger;
    }
    this.bytes.set(value, this.#end);
    this.#end += value.length;
    return true;
  }

  /** The next whole row; false if more has to be read first. Throws FileDamage. */
  next(): boolean {
    for (;;) {
      if (this.#position === this.#end) return false;
      this.line += this.#linesOfRow;
      this.#linesOfRow = 0;
      const next = this.#scanRow(this.#position);
      if (next === -1) {
        this.#linesOfRow = 0;
        return false;
      }
      this.#position = next;
      if (this.cells > 1 || this.ends[0]! > this.starts[0]! || this.quoting[0]! > 0) return true;
    }
  }

  /** Ends the reading of the file early. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** The position behind the row; -1 if the row goes on behind what was read. */
  #scanRow(from: number): number {
    const { bytes } = this;
    const end = this.#end,
      isLast = this.#isLast,
      { quote, delimiter } = this.#marks;
    let cells = 0,
      lines = 1,
      i = from;
    for (;;) {
      let start = i;
      if (delimiter !== SPACE) while (start < end && bytes[start] === SPACE) start++;
      let stop: number,
        quoting = 0;
      if (start < end && bytes[start] === quote) {
        quoting = 1;
        stop = ++start;
        for (; ; stop++) {
          if (stop >= end) {
            if (isLast) throw this.#unclosed();
            return -1;
          }
          const byte = bytes[stop];
          if (byte === LINE_FEED) lines++;
          if (byte !== quote) continue;
          if (stop + 1 === end && !isLast) return -1;
          if (bytes[stop + 1] !== quote || stop + 1 === end) break;
          quoting = 2;
          stop++;
        }
        i = stop + 1;
        if (delimiter !== SPACE) while (i < end && bytes[i] === SPACE) i++;
        if (i < end && bytes[i] !== delimiter && bytes[i] !== LINE_FEED && bytes[i] !== CARRIAGE_RETURN)
          throw this.#afterQuote(cells);
      } else {
        for (; i < end; i++) {
          const byte = bytes[i];
          if (byte === delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN) break;
        }
        stop = i;
        while (stop > start && bytes[stop - 1] === SPACE) stop--;
        if (start > stop) start = stop;
      }
      if (cells === this.starts.length) this.#growCells();
      this.starts[cells] = start;
      this.ends[cells] = stop;
      this.quoting[cells] = quoting;
      cells++;

      if (i >= end && !isLast) return -1;
      if (i < end && bytes[i] === delimiter) {
        i++;
        continue;
      }
      this.cells = cells;
      this.#linesOfRow = lines;
      if (i >= end || bytes[i] === LINE_FEED) return Math.min(i + 1, end);
      if (i + 1 === end && !isLast) return -1;
      return i + 1 < end && bytes[i + 1] === LINE_FEED ? i + 2 : i + 1;
    }
  }

  #growCells(): void {
    const { starts, ends, quoting } = this;
    const size = 2 * starts.length;
    this.starts = new Int32Array(size);
    this.ends = new Int32Array(size);
    this.quoting = new Uint8Array(size);
    this.starts.set(starts);
    this.ends.set(ends);
    this.quoting.set(quoting);
  }

  #unclosed(): FileDamage {
    const message = `A quoted cell in the row that starts on line ${this.line} is never closed. Close it, or pass quote= (empty) if quotes are ordinary characters.`;
    return new FileDamage(message, [{ line: this.line, message }]);
  }

  #afterQuote(cell: number): FileDamage {
    const message = `Text follows the closing quote of cell ${cell + 1} in the row that starts on line ${this.line}. Double the quotes within a quoted cell, or pass quote= (empty) if quotes are ordinary characters.`;
    return new FileDamage(message, [{ line: this.line, column: String(cell + 1), message }]);
  }

  #endless(): FileDamage {
    const message = `The row that starts on line ${this.line} is longer than 16 MiB. A quote that is never closed is the usual reason.`;
    return new FileDamage(message, [{ line: this.line, message }]);
  }
}
