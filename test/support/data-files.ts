/** Data files that tests write, and the tables that are read from them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFiles } from '../../src/datasets/files/read-files.ts';
import { decodeRowGroup } from '../../src/datasets/table/row-group.ts';
import type { ReadingLimits, ReadingOptions, Table } from '../../src/schemas/index.ts';

export interface GivenFile {
  name: string;
  content: string | Uint8Array;
  mediaType?: string;
}

export interface ReadTable {
  table: Table;
  /** By column: all values, texts decoded, null where missing. */
  values: Record<string, (number | string | null)[]>;
  groups: number;
  rowGroups: Uint8Array[];
  progress: [done: number, total: number][];
}

/** Writes the files, reads them, and puts the row groups together. */
export async function readGiven(
  given: GivenFile | GivenFile[],
  options: ReadingOptions = {},
  limits?: ReadingLimits,
): Promise<ReadTable> {
  const folder = await mkdtemp(join(tmpdir(), 'data-files-'));
  try {
    const files = await Promise.all(
      [given].flat().map(async ({ name, content, mediaType }, i) => {
        const path = join(folder, `upload-${i}`);
        await writeFile(path, content);
        return { path, name, ...(mediaType === undefined ? {} : { mediaType }) };
      }),
    );
    const groups: Uint8Array[] = [],
      progress: [number, number][] = [];
    const table = await readFiles(
      files,
      options,
      {
        onProgress: (done, total) => progress.push([done, total]),
        onRowGroup(bytes) {
          groups.push(bytes);
          return Promise.resolve();
        },
      },
      limits,
      folder,
    );
    return { table, values: valuesOf(table, groups), groups: groups.length, rowGroups: groups, progress };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function valuesOf({ columns }: Table, groups: Uint8Array[]): ReadTable['values'] {
  const decoded = groups.map((group) => decodeRowGroup(group));
  return Object.fromEntries(
    columns.map(({ name, type, dictionary }, i) => {
      const values = decoded.flatMap((group) => [...group.columns[i]!.values]);
      const read = (value: number) =>
        type === 'text' ? (dictionary?.[value - 1] ?? null) : Number.isNaN(value) ? null : value;
      return [name, values.map(read)];
    }),
  );
}
