/** Files with one kind of damage each. `docs/data-files.md` lists the answers. */
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { ReadingLimits, ReadingOptions } from '../../src/schemas/index.ts';
import type { GivenFile } from './data-files.ts';
import { float64Npy, idxFile, npyFile, pngFile, tarFile, zipFile } from './data-writers.ts';

export interface DamagedFile {
  kind: string;
  files: GivenFile[];
  options?: ReadingOptions;
  limits?: ReadingLimits;
}

const file = (name: string, content: string | Uint8Array): GivenFile => ({ name, content });
const one = (
  kind: string,
  name: string,
  content: string | Uint8Array,
  more: Partial<DamagedFile> = {},
): DamagedFile => ({
  kind,
  files: [file(name, content)],
  ...more,
});

const grey = (width: number, height: number) => pngFile(width, height, 1, new Uint8Array(width * height).fill(7));
const images = (...files: [name: string, content: string | Uint8Array][]) =>
  zipFile(files.map(([name, content]) => ({ name, content })));
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: [{ name: 'x', data: Array.from({ length: 500 }, (_, i) => i / 3), type: 'DOUBLE' }],
  }),
);
const idxPair = (imageCount: number, labelCount: number) => [
  file('train-images-idx3-ubyte', idxFile(8, [imageCount, 2, 2], new Uint8Array(4 * imageCount))),
  file('train-labels-idx1-ubyte', idxFile(8, [labelCount], new Uint8Array(labelCount))),
];
const gzipped = gzipSync('x,y\n1,2\n'.repeat(1000));

/** In the order of the documentation. */
export const damagedFiles = async (): Promise<DamagedFile[]> => [
  one('nothing in the file', 'data.csv', ''),
  one('blank lines only', 'data.csv', '\n\n\r\n'),
  one('a header without rows', 'data.csv', 'height,weight\n'),
  one('ragged rows', 'data.csv', 'x,y\n1,2\n3,4,5\n6\n7,8\n'),
  one('a quote that is never closed', 'data.csv', 'x,y\n1,2\n3,"four\n5,6\n'),
  one('text behind a closing quote', 'data.csv', 'name,size\n"12" pipe,3\n"a",4\n'),
  one('zero bytes', 'data.csv', 'x,y\n1,2\n3,\0\n'),
  one('not in the encoding that was named', 'data.csv', Buffer.from('city,x\nKöln,1\n', 'latin1'), {
    options: { encoding: 'utf-8' },
  }),
  one('a web page', 'data.csv', '<!DOCTYPE html>\n<html><body>Sign in</body></html>'),
  one(
    'an Excel workbook',
    'data.xlsx',
    zipFile([
      { name: '[Content_Types].xml', content: '<Types/>' },
      { name: 'xl/workbook.xml', content: '' },
    ]),
  ),
  one('an old Excel workbook', 'data.csv', Buffer.from('d0cf11e0a1b11ae100000000', 'hex')),
  one('a PDF', 'data.csv', '%PDF-1.7\n'),
  one('a pickle', 'data.pkl', Buffer.from('80049500', 'hex')),
  one(
    'bytes that are no text',
    'data.csv',
    Uint8Array.from({ length: 300 }, (_, i) => (i * 73) % 256),
  ),
  one('gzip that was cut off', 'data.csv.gz', gzipped.subarray(0, gzipped.length - 20)),
  one('gzip with a wrong byte', 'data.csv.gz', Buffer.from(gzipped).fill(0xff, 12, 14)),
  one('gzip that unpacks to more than the limit', 'data.csv.gz', gzipSync('0'.repeat(1_000_000)), {
    limits: { bytes: 100_000, values: 1000 },
  }),
  one('more values than the limit', 'data.csv', 'x,y\n' + '1,2\n'.repeat(100), {
    limits: { bytes: 100_000, values: 100 },
  }),
  one('NPY that was cut off', 'x.npy', float64Npy([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]).subarray(0, -8)),
  one('NPY with something behind it', 'x.npy', Buffer.concat([float64Npy([2, 2], [1, 2, 3, 4]), Buffer.alloc(3)])),
  one('NPY of Python objects', 'x.npy', npyFile('|O', [2], Buffer.from('80049500', 'hex'))),
  one('NPY with named fields', 'x.npy', npyFile("[('x', '<f4'), ('y', '<f4')]", [1], new Uint8Array(8))),
  one('NPY of complex numbers', 'x.npy', npyFile('<c16', [1], new Uint8Array(16))),
  one('NPY without rows', 'x.npy', float64Npy([0, 3], [])),
  one('a name for NPY, but another beginning', 'x.npy', 'x,y\n1,2\n'),
  one(
    'NPZ with arrays of different lengths',
    'xy.npz',
    zipFile([
      { name: 'x.npy', content: float64Npy([3, 2], [1, 2, 3, 4, 5, 6]) },
      { name: 'y.npy', content: float64Npy([2], [0, 1]) },
    ]),
  ),
  one('IDX that was cut off', 'images-idx3-ubyte', idxFile(8, [3, 2, 2], new Uint8Array(12)).subarray(0, -5)),
  one('a name for IDX, but another beginning', 'train-images-idx3-ubyte', Buffer.from('0000070300000001', 'hex')),
  { kind: 'IDX with more images than labels', files: idxPair(5, 4) },
  one('Parquet that was cut off', 'data.parquet', parquet.subarray(0, parquet.length - 40)),
  one('Parquet with wrong bytes', 'data.parquet', Buffer.from(parquet).fill(0xee, 4, 60)),
  one(
    'a zip that was cut off',
    'images.zip',
    images(['a/1.png', grey(2, 2)], ['b/1.png', grey(2, 2)]).subarray(0, -30),
  ),
  one('a zip with a path out of its folder', 'images.zip', images(['../../etc/1.png', grey(2, 2)])),
  one('a tar with a path out of its folder', 'images.tar', await tarFile([{ name: '../1.png', content: grey(2, 2) }])),
  one('an archive without data', 'files.zip', zipFile([{ name: 'notes.docx', content: 'x' }])),
  one(
    'one image of many that is damaged',
    'images.zip',
    images(['a/1.png', grey(9, 9)], ['b/2.png', grey(9, 9).subarray(0, 50)]),
  ),
  one('a text that is called an image', 'images.zip', images(['a/1.png', grey(2, 2)], ['b/2.png', 'not an image'])),
  one('images of different sizes', 'images.zip', images(['a/1.png', grey(4, 4)], ['b/2.png', grey(4, 5)])),
  one('images outside of folders', 'images.zip', images(['1.png', grey(2, 2)], ['2.png', grey(2, 2)])),
  one('a single image', 'cat.png', grey(2, 2)),
  one('a line that is not JSON', 'data.jsonl', '{"x": 1}\n{"x": 2}\n{"x": \n{"x": 4}\n'),
  one('JSON that is not UTF-8', 'data.jsonl', Buffer.from('{"x": 1}\n{"x": "Köln"}\n', 'latin1')),
  one('JSON lines of several shapes', 'data.jsonl', '{"x": 1}\n[2]\n'),
  one('lists of several lengths', 'data.jsonl', '{"x": [1, 2], "y": 0}\n{"x": [1, 2, 3], "y": 1}\n'),
  one('lists beside single values', 'data.jsonl', '{"x": [1, 2]}\n{"x": 5}\n'),
  one('one JSON array', 'data.json', '[{"x": 1}, {"x": 2}]'),
  one('one JSON object over many lines', 'data.json', '{\n  "x": [1, 2]\n}\n'),
  one('a number per line', 'data.jsonl', '1\n2\n'),
  { kind: 'files with different columns', files: [file('train.csv', 'x,y\n1,2\n'), file('test.csv', 'x\n1\n')] },
  {
    kind: 'files of different formats',
    files: [file('train.csv', 'x,y\n1,2\n'), file('test.jsonl', '{"x": 1, "y": 2}')],
  },
];

/** Files that are read all the same, with a note. */
export const mendedFiles = (): DamagedFile[] => [
  one('a name that comes twice', 'data.csv', 'x,x\n1,2\n3,4\n'),
  one('a column without a name', 'data.csv', ',y\n0,2\n1,4\n'),
  one('a column without values', 'data.csv', 'x,y\n1,\n2,NA\n'),
  one('infinite values', 'data.csv', 'x,y\n1,inf\n2,-inf\n3,4\n'),
  one('words among numbers', 'data.csv', 'x,y\n' + '1,2\n'.repeat(30) + 'unknown,3\n'),
  one('dates that can be read in two ways', 'data.csv', 'when,y\n03/04/2025,1\n05/06/2025,2\n'),
  one('text that is not UTF-8', 'data.csv', Buffer.from('city,x\nOslo,1\nKöln,2\n', 'latin1')),
  one('a comma that could be one of thousands', 'data.csv', 'x;y\n1,234;5\n2,345;6\n'),
  one('a JSON property with lists of texts', 'data.jsonl', '{"x": 1, "tags": ["a"]}\n{"x": 2, "tags": []}\n'),
  one('files among images', 'images.zip', images(['a/1.png', grey(2, 2)], ['a/labels.txt', 'x'])),
];
