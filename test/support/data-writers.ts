/** Files of binary formats, written as other programs write them. */
import { buffer } from 'node:stream/consumers';
import { deflateRawSync } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import { pack } from 'tar-stream';

type Numbers = readonly number[] | Uint8Array | Float32Array | Float64Array;

/** `code`: of the type, as in 0x08 for unsigned bytes. Values big-endian. */
export function idxFile(code: number, shape: readonly number[], values: Numbers): Buffer {
  const write: Record<number, [bytes: number, (at: Buffer, value: number) => void]> = {
    0x08: [1, (at, value) => at.writeUInt8(value)],
    0x09: [1, (at, value) => at.writeInt8(value)],
    0x0b: [2, (at, value) => at.writeInt16BE(value)],
    0x0c: [4, (at, value) => at.writeInt32BE(value)],
    0x0d: [4, (at, value) => at.writeFloatBE(value)],
    0x0e: [8, (at, value) => at.writeDoubleBE(value)],
  };
  const [bytes, put] = write[code]!;
  const head = Buffer.from([
    0,
    0,
    code,
    shape.length,
    ...shape.flatMap((size) => [size >> 24, size >> 16, size >> 8, size]),
  ]);
  const data = Buffer.alloc(values.length * bytes);
  for (const [i, value] of [...values].entries()) put(data.subarray(i * bytes), value);
  return Buffer.concat([head, data]);
}

/** `data`: the bytes behind the header. */
export function npyFile(description: string, shape: readonly number[], data: Uint8Array, isFortran = false): Buffer {
  const size = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': ${description.startsWith('[') ? description : `'${description}'`}, 'fortran_order': ${isFortran ? 'True' : 'False'}, 'shape': (${size}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${text.padEnd(length - 1)}\n`, 'latin1');
  head.writeUInt16LE(length, 8);
  return Buffer.concat([head, data]);
}

export const float64Npy = (shape: readonly number[], values: readonly number[]) =>
  npyFile('<f8', shape, new Uint8Array(Float64Array.from(values).buffer));

export interface PackedFile {
  name: string;
  content: string | Uint8Array;
}

export function zipFile(files: readonly PackedFile[], isPacked = true): Buffer {
  const locals: Buffer[] = [],
    central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const bytes = Buffer.from(content),
      data = isPacked ? deflateRawSync(bytes) : bytes;
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x800, 2);
    head.writeUInt16LE(isPacked ? 8 : 0, 4);
    head.writeUInt32LE(crcOf(bytes), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), head, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** CRC-32 of ISO 3309, bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

export function tarFile(files: readonly PackedFile[]): Promise<Buffer> {
  const packing = pack();
  for (const { name, content } of files) packing.entry({ name }, Buffer.from(content));
  packing.finalize();
  return buffer(packing);
}

export const pngFile = (width: number, height: number, channels: number, data: Uint8Array) =>
  encodePng({ width, height, channels, data, depth: 8 });

/** Numbers from 0 to 1 that only depend on the seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}
