/**
 * The IDX format of the MNIST distribution: two zero bytes, type code, number of dimensions, sizes as big-endian
 * uint32, values row-major.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const UNSIGNED_BYTE = 0x08;

/** An open IDX file of unsigned bytes. Rows are read directly into their destination, without a second copy. */
export class IdxFile {
  readonly rows: number;
  readonly rowBytes: number;
  readonly #path: string;
  readonly #file: number;
  readonly #start: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    try {
      const head = this.#readHeader(0, 4);
      const dimensions = head.getUint8(3);
      if (head.getUint16(0) !== 0 || head.getUint8(2) !== UNSIGNED_BYTE || dimensions === 0)
        throw new SyntaxError(`${path} is not an IDX file of unsigned bytes.`);
      const header = this.#readHeader(4, 4 * dimensions);
      const [rows = 0, ...rest] = Array.from({ length: dimensions }, (_, i) => header.getUint32(4 * i));
      this.rows = rows;
      this.rowBytes = rest.reduce((product, size) => product * size, 1);
      this.#start = 4 + 4 * dimensions;
      const announced = this.#start + this.rows * this.rowBytes;
      const { size } = fstatSync(this.#file);
      if (size !== announced) throw new RangeError(`${path} has ${size} bytes, but its header announces ${announced}.`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Reads `count` rows starting at row `first` into `target`, starting at its row `at`. */
  readRows(first: number, count: number, target: Uint8Array, at: number): void {
    this.#read(target.subarray(at * this.rowBytes, (at + count) * this.rowBytes), this.#start + first * this.rowBytes);
  }

  close(): void {
    closeSync(this.#file);
  }

  #readHeader(position: number, bytes: number): DataView {
    const header = new Uint8Array(bytes);
    this.#read(header, position);
    return new DataView(header.buffer);
  }

  #read(target: Uint8Array, position: number): void {
    for (let done = 0; done < target.length;) {
      const bytes = readSync(this.#file, target, done, target.length - done, position + done);
      if (bytes === 0) throw new RangeError(`${this.#path} ends early, at byte ${position + done}.`);
      done += bytes;
    }
  }
}
