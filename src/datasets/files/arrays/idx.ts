/**
 * The IDX format of the MNIST distribution: two zero bytes, type code, number of dimensions, sizes as big-endian uint32,
 * values row-major and big-endian.
 */
import { readHead } from '../bytes.ts';
import { FileDamage } from '../damage.ts';
import type { ArrayHeader, Item } from './array-file.ts';

const item = (bytes: number, read: Item['read'], areBytes = false): Item => ({ bytes, type: 'number', areBytes, read });

const ITEMS: Record<number, Item> = {
  0x08: item(1, (view, at) => view.getUint8(at), true),
  0x09: item(1, (view, at) => view.getInt8(at)),
  0x0b: item(2, (view, at) => view.getInt16(at)),
  0x0c: item(4, (view, at) => view.getInt32(at)),
  0x0d: item(4, (view, at) => view.getFloat32(at)),
  0x0e: item(8, (view, at) => view.getFloat64(at)),
};
const MOST_DIMENSIONS = 8;

export const isIdx = (head: Buffer) =>
  head[0] === 0 && head[1] === 0 && ITEMS[head[2] ?? 0] !== undefined && head[3]! > 0 && head[3]! <= MOST_DIMENSIONS;

/** Throws FileDamage. */
export async function readIdxHeader(path: string): Promise<ArrayHeader> {
  const head = await readHead(path, 4 + 4 * MOST_DIMENSIONS);
  if (!isIdx(head))
    throw new FileDamage(
      'The file does not begin as an IDX file does: two zero bytes, the type of the values, the number of dimensions.',
    );
  const offset = 4 + 4 * head[3]!;
  if (head.length < offset) throw new FileDamage('The file was cut off within its header. Get it again.');
  const shape = Array.from({ length: head[3]! }, (_, i) => head.readUInt32BE(4 + 4 * i));
  return { item: ITEMS[head[2]!]!, shape, isFortran: false, offset };
}
