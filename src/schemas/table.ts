/** A data file as it was read: what its columns are and hold. The values themselves are in row groups. */
import type { ColumnKind, PreviewValue } from '../vocabulary/index.ts';

/** How the values of a column are held. Of dates: milliseconds since 1970 UTC. Of texts: codes of a dictionary. */
export type ValueType = 'number' | 'text' | 'boolean' | 'date';

export interface Histogram {
  /** Ascending; one more than there are counts. A bin holds edge <= value < next edge; the last one its end too. */
  edges: number[];
  counts: number[];
}

/** What a column holds. Values that are not finite count as missing. */
export interface ValueProfile {
  /** A guess from the values. */
  kind: ColumnKind;
  /** Rows without a value; of a column with several values per row, values that are missing. */
  missing: number;
  /** Different values without the missing ones; null: more than were counted. */
  distinct: number | null;
  /** Of numbers, booleans (0 and 1) and dates; null if every value is missing. */
  minimum?: number | null;
  maximum?: number | null;
  mean?: number | null;
  /** The population's standard deviation. */
  deviation?: number | null;
  /** Every value is an integer. */
  isInteger?: boolean;
  /** Every value is greater than the one before: a number of the row, or a time. */
  isIncreasing?: boolean;
  histogram?: Histogram;
  /** The most frequent values, at most TOP_VALUES of them: all of them if `distinct` is not more. */
  top?: { value: string; count: number }[];
  /** Of integers with more different values than `top` has: all of them, ascending, unless they are too many to be classes. */
  values?: number[];
}

export const TOP_VALUES = 256;

export interface TableColumn {
  name: string;
  type: ValueType;
  /** Values per row: 1, or 784 for the pixels of an image. */
  width: number;
  /** Of a row; its product is `width`. Images: [height, width, channels]. */
  shape?: number[];
  /** Every value is an integer from 0 to 255, none is missing. Pixels share one scale. */
  isBytes: boolean;
  /**
   * Of texts: the value of code i + 1 is dictionary[i], in order of first appearance; code 0 is missing. Absent: there
   * were too many different texts to keep, and the row groups do not have them.
   */
  dictionary?: string[];
  /** Of texts: the order of the values, if the files say one, such as a list of classes. It may have more of them. */
  order?: readonly string[];
  /** How dates were written, such as `YYYY-MM-DD`. */
  dateForm?: string;
  /** What the file itself says, such as the folders of a set of images. */
  suggestedRole?: 'input' | 'target';
  profile: ValueProfile;
}

/** Files of an upload, or folders of an archive, can be parts. */
export const TABLE_PARTS = ['train', 'validation', 'test'] as const;
export type TablePart = (typeof TABLE_PARTS)[number];

export const FILE_FORMATS = ['csv', 'jsonLines', 'parquet', 'npy', 'npz', 'idx', 'images'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** How to read a file, where the guess is wrong. What is absent is guessed. */
export interface ReadingOptions {
  format?: FileFormat;
  /** CSV: one character. */
  delimiter?: string;
  /** CSV: one character, or empty for none. */
  quote?: string;
  decimal?: '.' | ',';
  /** CSV: between groups of three digits; one character, or empty for none. */
  thousands?: string;
  /** CSV: whether the first row has the names of the columns. */
  header?: boolean;
  /** Words that mean a missing value, in place of the usual ones. An empty cell always does. */
  missing?: string[];
  encoding?: TextEncoding;
  /** Images: resize all of them to this size in pixels. */
  width?: number;
  height?: number;
  /** Images: 1 for grey, 3 for colour. */
  channels?: 1 | 3;
}
export const TEXT_ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type TextEncoding = (typeof TEXT_ENCODINGS)[number];

/** How the file was read: what was guessed, and what was given. */
export interface Reading extends Omit<ReadingOptions, 'format'> {
  format: FileFormat | 'json';
  /** What was mended or is worth a look, as whole sentences. */
  notes: FileProblem[];
}

/** Something in a file, and where. */
export interface FileProblem {
  /** Of several files, or of an archive. */
  file?: string;
  /** Counted from 1. */
  line?: number;
  /** The name of the column, or its number, counted from 1. */
  column?: string;
  message: string;
}

export interface Table {
  rows: number;
  /** In the order of the rows. One part, `train`, unless the files say more. */
  parts: { name: TablePart; rows: number }[];
  columns: TableColumn[];
  reading: Reading;
  /** The first rows, at most FIRST_ROWS of them, one value per column. Dates as they come in JSON. */
  firstRows: PreviewValue[][];
}

export const FIRST_ROWS = 100;

/** A file on disk. The name and the media type are those that the client gave. */
export interface DataFile {
  path: string;
  name: string;
  mediaType?: string;
}

/** What a reading may not exceed. */
export interface ReadingLimits {
  /** Of all files, unpacked. */
  bytes: number;
  /** Rows times values per row. */
  values: number;
}

/** Where the rows go while files are read. */
export interface ReadingSink {
  /** `done` of `total` bytes, over both passes; at most a few times per second. */
  onProgress(done: number, total: number): void;
  /** Row groups in the order of the rows, about 1 MiB each. Reading goes on when the promise is fulfilled. */
  onRowGroup(bytes: Uint8Array<ArrayBuffer>, rows: number): Promise<void>;
}
