/** What a file is: by its first bytes, then by its media type and its name. */
import type { DataFile, FileFormat } from '../../schemas/index.ts';
import { isIdx } from './arrays/idx.ts';
import { isNpy } from './arrays/npy.ts';
import { readHead } from './bytes.ts';
import { FileDamage } from './damage.ts';
import { isImage } from './images/decode.ts';

export type Container = 'zip' | 'tar';
export type FoundFormat = Exclude<FileFormat, 'npz' | 'images'> | Container;

const HEAD_BYTES = 1024;

/** Formats that are known well enough to say what to do instead. */
const FOREIGN: readonly { name: string; isIt: (head: Buffer) => boolean; advice: string }[] = [
  foreign(
    'an HTML page',
    /^\s*<(!doctype html|html|head|body)/i,
    'The download probably needs a login or another address.',
  ),
  foreign('an XML file', /^\s*<\?xml/i, 'Save the data as CSV.'),
  foreign('an old Excel file', '\xd0\xcf\x11\xe0', 'Save the sheet as CSV.'),
  foreign('a PDF file', '%PDF', 'Save the data as CSV.'),
  foreign('an HDF5 file', '\x89HDF', 'Save the arrays with numpy.savez, or the table as Parquet.'),
  foreign(
    'a Python pickle',
    (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
    'It is never loaded because it can run code. Save the data as CSV, Parquet or NPZ.',
  ),
  foreign('an Arrow file', 'ARROW1', 'Save the table as Parquet.'),
  foreign('an ORC file', 'ORC', 'Save the table as Parquet.'),
  foreign('an Avro file', 'Obj\x01', 'Save the table as Parquet.'),
  foreign('a SQLite database', 'SQLite format 3', 'Save the table as CSV.'),
  foreign('a bzip2 file', /^BZh[1-9]/, 'Unpack it, or pack it with gzip.'),
  foreign('an xz file', '\xfd7zXZ', 'Unpack it, or pack it with gzip.'),
  foreign('a Zstandard file', '\x28\xb5\x2f\xfd', 'Unpack it, or pack it with gzip.'),
  foreign('a 7z archive', '7z\xbc\xaf', 'Pack it as zip or tar.'),
  foreign('a RAR archive', 'Rar!', 'Pack it as zip or tar.'),
];

function foreign(name: string, start: string | RegExp | ((head: Buffer) => boolean), advice: string) {
  const isIt = (head: Buffer): boolean => {
    if (typeof start === 'function') return start(head);
    return typeof start === 'string' ? startsWith(head, start) : start.test(head.toString('latin1'));
  };
  return { name, isIt, advice };
}

/** Throws FileDamage for an empty file, and for one of a format that is known but not read. */
export async function formatOf(file: DataFile): Promise<FoundFormat> {
  const head = await readHead(file.path, HEAD_BYTES);
  if (head.length === 0) throw new FileDamage('The file is empty.');
  if (startsWith(head, 'PAR1')) return 'parquet';
  if (isNpy(head)) return 'npy';
  if (startsWith(head, 'PK\x03\x04') || startsWith(head, 'PK\x05\x06')) return 'zip';
  if (head.toString('latin1', 257, 262) === 'ustar') return 'tar';
  if (isImage(head))
    throw new FileDamage('This is a single image. Pack images into a zip or tar archive, in a folder per class.');
  if (isIdx(head)) return 'idx';
  const known = FOREIGN.find(({ isIt }) => isIt(head));
  if (known !== undefined) throw new FileDamage(`This is ${known.name}, which cannot be read. ${known.advice}`);
  const expected = EXPECTED.find(({ name }) => name.test(file.name));
  if (expected !== undefined)
    throw new FileDamage(
      `The file is called ${file.name}, but does not begin as ${expected.format} does. Save it again.`,
    );
  return isJson(file, head) ? 'jsonLines' : 'csv';
}

/** Names of formats that have a signature, which such a file would have. */
const EXPECTED = [
  { name: /\.parquet$/i, format: 'Parquet' },
  { name: /\.npy$/i, format: 'NPY' },
  { name: /\.(npz|zip)$/i, format: 'zip' },
  { name: /\.(idx|idx[1-4]-ubyte|[-.]idx[1-4][-.]ubyte)$|-idx[1-4]-ubyte$/i, format: 'IDX' },
  { name: /\.tar$/i, format: 'tar' },
  { name: /\.(png|jpe?g)$/i, format: 'an image' },
];

const startsWith = (head: Buffer, start: string) => head.toString('latin1', 0, start.length) === start;

function isJson({ name, mediaType }: DataFile, head: Buffer): boolean {
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('{')) return true;
  const isNamed = /\.(jsonl|ndjson|json)$/i.test(name) || /json/.test(mediaType ?? '');
  return isNamed || /^\[\s*(\{|\[|-?\d+(\.\d+)?\s*[,\]]|"|$)/.test(text);
}
