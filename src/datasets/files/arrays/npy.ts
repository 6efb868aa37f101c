/** NumPy's NPY format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { readHead } from '../bytes.ts';
import { FileDamage } from '../damage.ts';
import type { ArrayHeader, Item } from './array-file.ts';

const MAGIC_BYTES = 8;
const MOST_HEADER_BYTES = 64 * 1024;

/** Throws FileDamage. Nothing of the file is ever run: pickled objects are refused. */
export async function readNpyHeader(path: string): Promise<ArrayHeader> {
  const head = await readHead(path, MOST_HEADER_BYTES);
  if (head.length < MAGIC_BYTES + 4 || !isNpy(head))
    throw new FileDamage('The file does not begin as an NPY file does.');
  const version = head[6]!;
  if (version < 1 || version > 3) throw new FileDamage(`This is version ${version} of NPY; 1 to 3 are known.`);
  const lengthBytes = version === 1 ? 2 : 4;
  const start = MAGIC_BYTES + lengthBytes;
  const length = version === 1 ? head.readUInt16LE(MAGIC_BYTES) : head.readUInt32LE(MAGIC_BYTES);
  if (start + length > head.length)
    throw new FileDamage('The file was cut off within its header, or its header is longer than 64 KiB. Save it again.');
  const text = head.toString(version === 3 ? 'utf8' : 'latin1', start, start + length);

  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const description = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  if (shape === undefined || order === undefined || description === null)
    throw new FileDamage('The header of the NPY file cannot be understood. Save it again with numpy.save.');
  if (description[2] !== undefined)
    throw new FileDamage('The array has named fields. Save each field as an array of its own, in one NPZ file.');
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (!sizes.every(Number.isSafeInteger)) throw new FileDamage(`The shape (${shape}) is not possible.`);
  return { item: itemOf(description[1]!), shape: sizes, isFortran: order === 'True', offset: start + length };
}

export const isNpy = (head: Buffer) => head[0] === 0x93 && head.toString('latin1', 1, 6) === 'NUMPY';

/** Bytes and reader by kind and size. */
const NUMBERS: Record<string, [bytes: number, read: (view: DataView, at: number, isLittle: boolean) => number]> = {
  i1: [1, (view, at) => view.getInt8(at)],
  u2: [2, (view, at, isLittle) => view.getUint16(at, isLittle)],
  i2: [2, (view, at, isLittle) => view.getInt16(at, isLittle)],
  u4: [4, (view, at, isLittle) => view.getUint32(at, isLittle)],
  i4: [4, (view, at, isLittle) => view.getInt32(at, isLittle)],
  u8: [8, (view, at, isLittle) => readInteger64(view, at, isLittle, false)],
  i8: [8, (view, at, isLittle) => readInteger64(view, at, isLittle, true)],
  f2: [2, (view, at, isLittle) => halfOf(view.getUint16(at, isLittle))],
  f4: [4, (view, at, isLittle) => view.getFloat32(at, isLittle)],
  f8: [8, (view, at, isLittle) => view.getFloat64(at, isLittle)],
};

/** Of a description such as `<f4`: byte order, kind, bytes. Throws FileDamage. */
function itemOf(description: string): Item {
  const [, order, kind = '', size = '', unit] = /^([<>|=])?([a-zA-Z])(\d*)(?:\[(\d*\w+)\])?$/.exec(description) ?? [];
  const isLittle = order !== '>';
  if (kind + size === 'u1') return { bytes: 1, type: 'number', areBytes: true, read: (view, at) => view.getUint8(at) };
  if (kind + size === 'b1')
    return { bytes: 1, type: 'boolean', areBytes: false, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) };
  const number = NUMBERS[kind + size];
  if (number !== undefined) {
    const [bytes, read] = number;
    return { bytes, type: 'number', areBytes: false, read: (view, at) => read(view, at, isLittle) };
  }
  const length = Number(size);
  if (kind === 'M' && unit !== undefined) return dateItem(unit, isLittle);
  if (kind === 'S' && length > 0) return textItem(length, (view, at) => bytesText(view, at, length));
  if (kind === 'U' && length > 0) return textItem(4 * length, (view, at) => charactersText(view, at, length, isLittle));
  if (kind === 'O')
    throw new FileDamage(
      'The array contains Python objects, which are never loaded because they can run code. Save numbers: array.astype(float).',
    );
  throw new FileDamage(
    `Values of type ${description} are not supported. Save the array as numbers, such as array.astype('float32').`,
  );
}

/** Exact up to 2 ** 53. */
function readInteger64(view: DataView, at: number, isLittle: boolean, isSigned: boolean): number {
  const high = at + (isLittle ? 4 : 0);
  const low = view.getUint32(at + (isLittle ? 0 : 4), isLittle);
  return (isSigned ? view.getInt32(high, isLittle) : view.getUint32(high, isLittle)) * 2 ** 32 + low;
}

/** IEEE 754 binary16. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1,
    exponent = (bits >> 10) & 0x1f,
    fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const UNIT_MS: Record<string, number> = {
  D: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
};

function dateItem(unit: string, isLittle: boolean): Item {
  const [, count = '', name = ''] = /^(\d*)(\w+)$/.exec(unit) ?? [];
  const ms = UNIT_MS[name];
  if (ms === undefined)
    throw new FileDamage(`Dates in units of ${unit} are not supported. Save them as datetime64[ms].`);
  const step = Number(count === '' ? 1 : count) * ms;
  return {
    bytes: 8,
    type: 'date',
    areBytes: false,
    read(view, at) {
      // The smallest integer is NumPy's "not a time".
      const ticks = readInteger64(view, at, isLittle, true);
      return ticks === -(2 ** 63) ? NaN : step < 1 ? ticks / Math.round(1 / step) : ticks * step;
    },
  };
}

const textItem = (bytes: number, read: (view: DataView, at: number) => string): Item => ({
  bytes,
  type: 'text',
  areBytes: false,
  read: (view, at) => read(view, at) || null,
});

/** Filled up with zeros. */
function bytesText(view: DataView, at: number, length: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, length);
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? length : end);
}
function charactersText(view: DataView, at: number, length: number, isLittle: boolean): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    const code = view.getUint32(at + 4 * i, isLittle);
    if (code === 0) break;
    text += code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
  }
  return text;
}
