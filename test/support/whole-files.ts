/** Files of every format, with nothing wrong, to be damaged; and what may become of them then. */
import assert from 'node:assert/strict';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { encode as encodeJpeg } from 'jpeg-js';
import { FileDamage } from '../../src/datasets/files/damage.ts';
import type { ReadingLimits } from '../../src/schemas/index.ts';
import { readGiven, type GivenFile } from './data-files.ts';
import { float64Npy, idxFile, pngFile, tarFile, zipFile } from './data-writers.ts';

export async function wholeFiles(): Promise<GivenFile[]> {
  const png = pngFile(3, 3, 3, new Uint8Array(27).fill(9));
  const jpeg = encodeJpeg({ width: 8, height: 8, data: new Uint8Array(256).fill(99) }, 80).data;
  const columnData = [
    { name: 'x', data: Array.from({ length: 50 }, (_, i) => i / 3), type: 'DOUBLE' as const },
    { name: 't', data: Array.from({ length: 50 }, (_, i) => `t${i % 3}`), type: 'STRING' as const },
  ];
  return [
    { name: 'a.csv', content: 'x,"y ""z""",when\n1.5,a,2024-01-01\n-2e3,"b,\nc",2024-12-31\n' },
    {
      name: 'a.jsonl',
      content: '{"a": {"b": 1}, "c": [1, 2], "d": "x"}\n{"a": {"b": null}, "c": [3, 4], "d": "2024-01-01"}\n',
    },
    { name: 'a.npy', content: float64Npy([3, 2], [1, 2, 3, 4, 5, 6]) },
    {
      name: 'a.npz',
      content: zipFile([
        { name: 'x.npy', content: float64Npy([2, 2], [1, 2, 3, 4]) },
        { name: 'y.npy', content: float64Npy([2], [0, 1]) },
      ]),
    },
    { name: 'a-idx3-ubyte', content: idxFile(8, [3, 2, 2], new Uint8Array(12)) },
    { name: 'a.parquet', content: new Uint8Array(parquetWriteBuffer({ columnData })) },
    {
      name: 'a.zip',
      content: zipFile(
        [
          { name: 'a/1.png', content: png },
          { name: 'b/1.png', content: png },
        ],
        false,
      ),
    },
    {
      name: 'b.zip',
      content: zipFile(
        [
          { name: 'a/1.jpg', content: jpeg },
          { name: 'b/1.jpg', content: jpeg },
        ],
        false,
      ),
    },
    { name: 'a.tar', content: await tarFile([{ name: 'a/1.png', content: png }]) },
  ];
}

/** A table or FileDamage; anything else fails. */
export async function readOrRefuse(files: GivenFile[], limits?: ReadingLimits): Promise<void> {
  try {
    await readGiven(files, {}, limits);
  } catch (error) {
    if (!(error instanceof FileDamage)) throw error;
    assert.ok(error.message.length > 10 && error.details.length > 0);
  }
}
