/** What every reader gets: the files, what was asked for, and where the rows go. */
import type { DataFile, ReadingLimits, ReadingOptions, ReadingSink, TablePart } from '../../schemas/index.ts';

/** A file that holds rows of one part. */
export interface PartFile extends DataFile {
  part: TablePart;
}

export interface ReadingContext {
  options: ReadingOptions;
  limits: ReadingLimits;
  sink: ReadingSink;
  /** Counts bytes that were read. */
  advance: (bytes: number) => void;
  /** A folder for unpacked files; the caller removes it. */
  workspace: string;
}
