/** Takes files out of gzip and archives, into the workspace. */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { DataFile, FileProblem } from '../../schemas/index.ts';
import { entriesOf, limited } from './archive.ts';
import { readHead } from './bytes.ts';
import type { ReadingContext } from './context.ts';
import { FileDamage, inFile } from './damage.ts';
import type { Container } from './format.ts';
import { isImageName } from './images/image-folders.ts';

/** The file itself, if it is not in gzip. Throws FileDamage. */
export async function gunzip(file: DataFile, number: number, { limits, workspace }: ReadingContext): Promise<DataFile> {
  const head = await readHead(file.path, 2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return file;
  const path = join(workspace, `unzipped-${number}`);
  try {
    await pipeline(createReadStream(file.path), createGunzip(), limited(limits), createWriteStream(path));
  } catch (error) {
    if (error instanceof FileDamage || !(error instanceof Error) || 'syscall' in error) throw error;
    const wasCut = /unexpected end/.test(error.message);
    throw new FileDamage(
      wasCut
        ? 'The gzip file was cut off: its end is missing. Get or send it again.'
        : `The gzip file is damaged (${error.message}). Get or send it again.`,
      undefined,
      { cause: error },
    );
  }
  return { ...file, path, name: file.name.replace(/\.gz$/i, '').replace(/\.tgz$/i, '.tar') };
}

const DATA_NAMES = /\.(csv|tsv|tab|txt|data|jsonl|ndjson|json|parquet|npy|idx|gz)$|idx[1-4]-ubyte$/i;

/** What an archive is: `images`, or the data files in it. Throws FileDamage. */
export async function openArchive(
  archive: DataFile,
  kind: Container,
  context: ReadingContext,
): Promise<'images' | { files: DataFile[]; isNpz: boolean; notes: FileProblem[] }> {
  const names: string[] = [];
  let others = 0;
  for await (const { name } of entriesOf(archive.path, kind, context.limits)) {
    if (name === '[Content_Types].xml')
      throw new FileDamage('This is an Excel or other Office file, which cannot be read. Save the sheet as CSV.');
    if (isImageName(name)) return 'images';
    if (DATA_NAMES.test(name)) names.push(name);
    else others++;
    if (names.length > 100)
      throw new FileDamage('The archive has more than 100 data files. Put the rows into one file.');
  }
  if (names.length === 0)
    throw new FileDamage('The archive has neither images nor data files such as CSV, JSON Lines, Parquet, NPY or IDX.');
  const files: DataFile[] = [];
  for await (const entry of entriesOf(archive.path, kind, context.limits)) {
    if (!names.includes(entry.name)) continue;
    const path = join(context.workspace, `extracted-${files.length}`);
    try {
      await entry.saveTo(path);
    } catch (error) {
      throw inFile(error, entry.name);
    }
    files.push({ path, name: entry.name });
  }
  const notes: FileProblem[] =
    others === 0
      ? []
      : [
          {
            message: `${others} ${others === 1 ? 'file' : 'files'} of the archive ${others === 1 ? 'is' : 'are'} no data and left out.`,
          },
        ];
  return { files, isNpz: names.every((name) => /\.npy$/i.test(name)), notes };
}
