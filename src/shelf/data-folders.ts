/** Data sets that are there as files: every data file and every folder with data files of some folders of the machine. */
import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DataFile } from '../schemas/index.ts';
import { isPackagedDataset, PACKAGED_DATASETS } from '../vocabulary/index.ts';

export interface FoundFiles {
  /** Of the folder, or of the file without its extensions. */
  name: string;
  files: DataFile[];
  /** Their names, sizes in bytes and times of modification in ms, as JSON: another one if a file has changed. */
  source: string;
}

const DATA_FILE =
  /\.(csv|tsv|tab|jsonl|ndjson|parquet|npy|npz|idx|zip|tar|tgz|idx[1-4]-ubyte|(csv|tsv|tab|jsonl|ndjson|npy|idx|tar)\.gz)$|[.-]idx[1-4][.-]ubyte(\.gz)?$/i;
const IDX_FILE = /[.-]idx([1-4][.-]ubyte)?(\.gz)?$/i;
const CLASS_NAMES = /^(classes|labels)\.txt$/i;
const MOST_NAME = 200;

export class DataFolders {
  readonly #paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** By name, without looking into what the files hold. Of several with one name, that of the first folder. A folder that does not exist has nothing. */
  async list(): Promise<Omit<FoundFiles, 'source'>[]> {
    const found = new Map<string, Omit<FoundFiles, 'source'>>();
    for (const path of this.#paths)
      for (const name of await namesIn(path)) {
        const files = await filesAt(join(path, name));
        const own = files.isFolder ? name : withoutExtensions(name);
        if (files.paths.length > 0 && !found.has(own) && own.length <= MOST_NAME)
          found.set(own, { name: own, files: files.paths.map((path) => ({ path, name: basename(path) })) });
      }
    return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async find(name: string): Promise<FoundFiles | null> {
    const found = (await this.list()).find((one) => one.name === name);
    return found === undefined ? null : { ...found, source: await stateOf(found.files) };
  }
}

async function stateOf(files: readonly DataFile[]): Promise<string> {
  const states = files.map(async ({ path, name }) => {
    const { size, mtimeMs } = await stat(path);
    return [name, size, mtimeMs] as const;
  });
  return JSON.stringify(await Promise.all(states));
}

/** The files of a data set, with the names of its classes if it is a known one that does not say them itself. */
export async function withKnownClasses(name: string, files: DataFile[], workspace: string): Promise<DataFile[]> {
  const areNamed = files.some((file) => CLASS_NAMES.test(file.name) || !IDX_FILE.test(file.name));
  if (!isPackagedDataset(name) || areNamed) return files;
  const path = join(workspace, 'classes.txt');
  await writeFile(path, PACKAGED_DATASETS[name].classes.join('\n'));
  return [...files, { path, name: 'classes.txt' }];
}

async function filesAt(path: string): Promise<{ isFolder: boolean; paths: string[] }> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() === true) return { isFolder: false, paths: DATA_FILE.test(path) ? [path] : [] };
  if (found?.isDirectory() !== true) return { isFolder: false, paths: [] };
  const paths: string[] = [];
  for (const name of await namesIn(path)) {
    const inside = join(path, name);
    if (DATA_FILE.test(name) && (await stat(inside).catch(() => null))?.isFile() === true) paths.push(inside);
  }
  // Beside IDX files, a text file has the names of the classes.
  if (paths.length > 0 && paths.every((inside) => IDX_FILE.test(inside)))
    paths.push(...(await namesIn(path)).filter((name) => CLASS_NAMES.test(name)).map((name) => join(path, name)));
  return { isFolder: true, paths };
}

/** Without hidden ones, in order. Nothing where the folder cannot be read. */
const namesIn = async (path: string): Promise<string[]> =>
  (await readdir(path).catch(() => [])).filter((name) => !name.startsWith('.')).toSorted();

const withoutExtensions = (name: string) => name.replace(/(\.[a-z][a-z0-9-]{0,12}){1,2}$/i, '');
