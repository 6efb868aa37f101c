/** Whole experiments, as they go out of the store and come in. */
import type { ArchiveHead, ImportAnswer } from '../vocabulary/index.ts';
import type { Sight } from './people/project-store.ts';
import type { Origin } from './store.ts';

export const ARCHIVE_TABLES = [
  'runs',
  'run_messages',
  'run_parts',
  'checkpoints',
  'verdicts',
  'verdict_parts',
  'trials',
  'datasets',
  'dataset_versions',
  'dataset_parts',
  'blobs',
  'blob_parts',
] as const;
export type ArchiveTable = (typeof ARCHIVE_TABLES)[number];
/** A row without its columns of bytes, and those. */
export interface ArchiveRow {
  table: ArchiveTable;
  row: Record<string, unknown>;
  bytes: Record<string, Uint8Array | null>;
}
/** Why an archive cannot be imported, as the end of a sentence. */
export class ArchiveDamage extends Error {}

/** Runs and data sets of the archive may refer to others here that are in sight of whoever imports it. */
export interface ImportTarget extends Origin {
  sight: Sight;
}

export interface ArchiveStore {
  /**
   * The runs of an experiment with those of their trials, and with `withData` the uploaded data sets that they name; of
   * both those in sight. Null if there is no such run.
   */
  head(experiment: string, withData: boolean, sight?: Sight): Promise<ArchiveHead | null>;
  /** The rows of a table that belong to a run, to trials or to a data set. */
  rows(table: ArchiveTable, owner: string): AsyncIterable<ArchiveRow>;
  /** Stores all of them, or none. Data sets come before runs, and runs before what belongs to them. Throws ArchiveDamage. */
  add(head: ArchiveHead, rows: AsyncIterable<ArchiveRow>, into?: ImportTarget): Promise<ImportAnswer>;
}
