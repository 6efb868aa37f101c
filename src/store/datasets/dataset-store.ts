/** Data sets, and the numbers that came with jobs, as the service sees them in the store. */
import type { Blob, BlobInfo, StoredDataset, Table } from '../../schemas/index.ts';
import type { DataWarning, DatasetInfo, Recipe, RecipeCounts } from '../../vocabulary/index.ts';
import type { Sight } from '../people/project-store.ts';
import type { AnswerKey, Origin } from '../store.ts';

/** What the files of a data set hold. The values are in row groups. */
export interface DatasetContent {
  table: Table;
  /** Over the row groups and what the columns are. */
  hash: string;
}
/** How a data set is prepared, and what that makes of it. */
export interface DatasetVersion {
  /** `sha256:...` over the content and the recipe. */
  hash: string;
  recipe: Recipe;
  counts: RecipeCounts;
  warnings: DataWarning[];
}
export interface VersionChange {
  name?: string | undefined;
  version?: DatasetVersion | undefined;
}
export interface DatasetUse {
  /** Runs that name it, in any version. */
  runs: number;
  /** Those of them that have not ended. */
  unfinished: number;
}

export interface DatasetStore {
  /**
   * The id of a new data set. `source`: the state of the files of this machine that it is read from. Nothing shows it until it is finished. Whoever begins it touches it every few seconds;
   * otherwise it is swept.
   */
  begin(name: string | null, source?: string | null, origin?: Origin): Promise<string>;
  /** Parts are numbered from 0. */
  addRowGroup(id: string, part: number, bytes: Uint8Array): Promise<void>;
  touch(ids: readonly string[]): Promise<void>;
  /** With its first version. Null if it was swept. */
  finish(
    id: string,
    content: DatasetContent,
    version: DatasetVersion,
    answer?: AnswerKey | null,
  ): Promise<DatasetInfo | null>;
  /** Removes what was begun and not touched for `silentMs`; 0: all of it. Returns how many there were. */
  sweep(silentMs: number): Promise<number>;
  /** The newest version of each, the newest data set first. */
  list(sight?: Sight): Promise<DatasetInfo[]>;
  /** Without the data; the newest version by default. Null too if it is not in sight. */
  info(id: string, version?: number | null, sight?: Sight): Promise<DatasetInfo | null>;
  /** The newest data set of a name among those in sight, of the project `first` if that has one. */
  named(name: string, sight?: Sight, first?: string | null): Promise<DatasetInfo | null>;
  /** What `begin` was given; null for uploads. */
  source(id: string): Promise<string | null>;
  /** Newest first; `runs` counts those of the version that are in sight. */
  versions(id: string, sight?: Sight): Promise<DatasetInfo[]>;
  /** Null too if it was uploaded before there were columns. */
  content(id: string): Promise<DatasetContent | null>;
  version(id: string, version: number): Promise<DatasetVersion | null>;
  rowGroups(id: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  get(id: string, version?: number | null): Promise<{ info: DatasetInfo; data: StoredDataset } | null>;
  /**
   * Changes the name, and the newest version, which must be `from`: in place, or to another one if runs name it. Null if
   * `from` is not the newest version any more.
   */
  change(id: string, from: number, change: VersionChange): Promise<DatasetInfo | null>;
  use(id: string): Promise<DatasetUse>;
  /** Into another project. Null if there is no such data set. */
  move(id: string, project: string): Promise<DatasetInfo | null>;
  /** Whole or not. */
  delete(id: string): Promise<boolean>;
}

/** Long lists of numbers that came with jobs. They stay as long as a run refers to them. */
export interface BlobStore {
  /** Those of these hashes that are there and that a run in sight refers to. */
  find(hashes: readonly string[], sight?: Sight): Promise<Map<string, BlobInfo>>;
  /** Stores those that are not there yet. They are deleted if no run refers to them some minutes later. */
  keep(blobs: readonly Blob[]): Promise<void>;
  /** Puts off the deletion of those that are there, and returns how many are. */
  touch(hashes: readonly string[]): Promise<number>;
  get(hash: string): Promise<Blob | null>;
  /** The parts of a blob, one by one. */
  parts(hash: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Deletes what no run refers to and was not touched for `idleMs`; 0: however long ago. Returns how many. */
  sweep(idleMs?: number): Promise<number>;
}
