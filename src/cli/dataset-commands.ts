/** `relumine datasets`: list, add, show, preview, set, remove. */
import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { Option, type Command } from 'commander';
import type { UploadFile, UploadOptions } from '../client/index.ts';
import {
  COLUMN_KINDS,
  COLUMN_ROLES,
  ENCODINGS,
  NAMED_FILLS,
  TASKS,
  type ColumnPatch,
  type DatasetPatch,
  type RowSplit,
  type Task,
} from '../vocabulary/index.ts';
import { describeDataset, describePreview, listDatasets } from './dataset-view.ts';
import { clean } from './text.ts';
import { followUpload } from './upload-progress.ts';
import { connect, withAccess, type Access, print, type Common } from './verb.ts';

interface AddOptions extends Common {
  name?: string;
  task?: Task;
  target?: string[];
  format?: string;
  delimiter?: string;
  quote?: string;
  decimal?: '.' | ',';
  thousands?: string;
  header?: boolean;
  missing?: string[];
  encoding?: string;
  width?: string;
  height?: string;
  channels?: string;
}
interface SetOptions extends Common {
  name?: string;
  task?: Task;
  kind: string[];
  role: string[];
  encoding: string[];
  fill: string[];
  split?: string;
}
const DATASET = 'id or name of a data set';

export function addDatasetCommands(program: Command, access: Access): void {
  const group = program.command('datasets').description('list data sets; add, look at, change and remove your own');
  const withCommon = (command: Command) => withAccess(command, access);
  const verb = (name: string, description: string) => withCommon(group.command(name).description(description));

  withCommon(
    group.command('list', { isDefault: true }).description('list the data sets that can be trained on'),
  ).action(async (options: Common) => {
    const datasets = await connect(options).datasets();
    print(datasets, options, listDatasets(datasets));
  });

  verb('add', 'upload files as one data set')
    .argument(
      '<files...>',
      'CSV, TSV, JSON Lines, Parquet, NPY, NPZ, IDX, or a zip or tar of images; - for standard input',
    )
    .option('--name <name>', 'name of the data set; that of the file by default')
    .addOption(new Option('--task <task>', 'what the target is').choices(TASKS))
    .option('--target <columns...>', 'the column to predict, or several')
    .option('--format <format>', 'csv, jsonLines, parquet, npy, npz, idx or images')
    .option('--delimiter <character>', 'CSV: between values; \\t for a tab')
    .option('--quote <character>', 'CSV: around values')
    .addOption(new Option('--decimal <character>', 'CSV: before the decimals of a number').choices(['.', ',']))
    .option('--thousands <character>', 'CSV: between groups of three digits')
    .option('--header', 'CSV: the first row has the names of the columns')
    .option('--no-header', 'CSV: the first row has values')
    .option('--missing <words...>', 'words that mean a missing value')
    .option('--encoding <encoding>', 'utf-8, utf-16le, utf-16be or windows-1252')
    .option('--width <pixels>', 'images: resize all of them')
    .option('--height <pixels>', 'images: resize all of them')
    .option('--channels <count>', 'images: 1 for grey, 3 for colour')
    .action(async (paths: string[], { url, json, apiKey, credentials, ...given }: AddOptions) => {
      const options = { url, credentials, ...(apiKey && { apiKey }), ...(json && { json }) };
      const files = await Promise.all(paths.map(openFile));
      const progress = followUpload(process.stderr);
      try {
        const info = await connect(options).uploadFiles(files, uploadOptions(given), {
          onProgress: progress.update,
        });
        progress.end();
        print(info, options, describeDataset(info));
      } catch (error) {
        progress.end();
        throw error;
      }
    });

  verb('show', 'show the columns, task, split and warnings of a data set')
    .argument('<dataset>', DATASET)
    .option('--version <number>', 'an earlier version')
    .action(async (id: string, options: Common & { version?: string }) => {
      const info = await connect(options).dataset(id, versionOf(options));
      print(info, options, describeDataset(info));
    });

  verb('preview', 'show the first rows of a data set and what each column holds')
    .argument('<dataset>', DATASET)
    .option('--rows <count>', 'how many rows', '10')
    .option('--version <number>', 'an earlier version')
    .action(async (id: string, options: Common & { rows: string; version?: string }) => {
      const client = connect(options);
      const preview = await client.previewDataset(id, { rows: Number(options.rows), ...versionOf(options) });
      print(preview, options, describePreview(preview));
    });

  verb('set', 'change what the columns of a data set mean')
    .argument('<dataset>', DATASET)
    .option('--name <name>', 'another name')
    .addOption(new Option('--task <task>', 'what the target is').choices(TASKS))
    .option('--kind <column=kind>', `${COLUMN_KINDS.join(', ')}; repeat it for more columns`, collect, [])
    .option('--role <column=role>', `${COLUMN_ROLES.join(', ')}; repeat it for more columns`, collect, [])
    .option('--encoding <column=encoding>', `${ENCODINGS.join(', ')}; repeat it for more columns`, collect, [])
    .option('--fill <column=fill>', `${NAMED_FILLS.join(', ')}, or value:X; repeat it for more columns`, collect, [])
    .option('--split <json>', 'such as {"by":"time","column":"date","validation":0.2}')
    .action(async (id: string, options: SetOptions) => {
      const info = await connect(options).updateDataset(id, patchOf(options));
      print(info, options, describeDataset(info));
    });

  verb('remove', 'delete data sets with all of their versions')
    .argument('<datasets...>', 'ids or names of data sets')
    .option('--force', 'even if runs use them')
    .action(async (ids: string[], options: Common & { force?: true }) => {
      const client = connect(options);
      for (const id of ids) {
        await client.deleteDataset(id, options.force ? { force: true } : {});
        print({ id, deleted: true }, options, `${clean(id)}  deleted`);
      }
    });
}

async function openFile(path: string): Promise<UploadFile> {
  if (path === '-')
    return { name: 'upload', content: Readable.toWeb(process.stdin) as unknown as ReadableStream<Uint8Array> };
  const found = await stat(path).catch((cause: unknown) => {
    throw new Error(`Cannot read ${path}: there is no such file.`, { cause });
  });
  if (!found.isFile())
    throw new Error(`Cannot read ${path}: it is not a file. Pack a folder of images into a zip first.`);
  return { name: basename(path), content: await openAsBlob(path) };
}

const optionalNumber = (value: string | undefined) => (value === undefined ? undefined : Number(value));

function uploadOptions({ width, height, channels, delimiter, ...rest }: Omit<AddOptions, keyof Common>): UploadOptions {
  return {
    ...rest,
    delimiter: delimiter === '\\t' ? '\t' : delimiter,
    width: optionalNumber(width),
    height: optionalNumber(height),
    channels: optionalNumber(channels) as UploadOptions['channels'],
  };
}

const versionOf = ({ version }: { version?: string }) => (version === undefined ? {} : { version: Number(version) });

const collect = (value: string, before: string[]): string[] => [...before, value];

/** The service checks the words. */
function patchOf({ name, task, kind, role, encoding, fill, split }: SetOptions): DatasetPatch {
  const columns = new Map<string, ColumnPatch>();
  const put = (pairs: readonly string[], change: (value: string) => Omit<ColumnPatch, 'name'>): void => {
    for (const pair of pairs) {
      const end = pair.lastIndexOf('=');
      if (end < 1) throw new Error(`${JSON.stringify(pair)} must be a column and a value, such as age=numeric.`);
      const column = pair.slice(0, end);
      columns.set(column, { ...(columns.get(column) ?? { name: column }), ...change(pair.slice(end + 1)) });
    }
  };
  put(kind, (value) => ({ kind: value as NonNullable<ColumnPatch['kind']> }));
  put(role, (value) => ({ role: value as NonNullable<ColumnPatch['role']> }));
  put(encoding, (value) => ({ encoding: value as NonNullable<ColumnPatch['encoding']> }));
  put(fill, (value) => ({ fill: fillOf(value) }));
  return {
    ...(name !== undefined && { name }),
    ...(task && { task }),
    ...(columns.size > 0 && { columns: [...columns.values()] }),
    ...(split !== undefined && { split: readSplit(split) }),
  };
}

function fillOf(word: string): NonNullable<ColumnPatch['fill']> {
  if (!word.startsWith('value:')) return word as (typeof NAMED_FILLS)[number];
  const value = word.slice('value:'.length);
  return { value: value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value };
}

function readSplit(text: string): RowSplit {
  try {
    return JSON.parse(text) as RowSplit;
  } catch (cause) {
    throw new Error('--split must be JSON, such as {"by":"time","column":"date","validation":0.2}.', { cause });
  }
}
