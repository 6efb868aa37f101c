/** The columns of an uploaded data set: what each is, what part it plays, and how its values become numbers. */
import type { Task } from './dataset.ts';

export const COLUMN_KINDS = ['numeric', 'categorical', 'boolean', 'date', 'text'] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

export const COLUMN_ROLES = ['input', 'target', 'split', 'ignored'] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/**
 * categorical: `oneHot` (one input per category), `ordered` (0 to k - 1 in the order of the categories). date: `number`
 * (days since 1970), `cyclic` (sine and cosine of hour, weekday and month).
 */
export const ENCODINGS = ['oneHot', 'ordered', 'number', 'cyclic'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/**
 * What stands for a missing value of an input. drop: the row is left out. mean, median: of the training part. mode: the
 * most frequent value. indicator: the mean (or no category), and one more input that is 1 where the value is missing.
 */
export const NAMED_FILLS = ['drop', 'mean', 'median', 'mode', 'indicator'] as const;
export type NamedFill = (typeof NAMED_FILLS)[number];
export type Fill = NamedFill | { value: number | string };

/** The category that rare ones share. */
export const OTHER_CATEGORY = '(other)';

export interface Column {
  name: string;
  kind: ColumnKind;
  role: ColumnRole;
  /** Values per row: 1, or 784 for the pixels of an image. */
  width: number;
  /** Of a wide column: [height, width, channels] or as the file has it. */
  shape?: number[];
  /** Rows without a value. */
  missing: number;
  /** Different values; null: more than were counted. */
  distinct: number | null;
  /** Of categorical and boolean columns, in their order. Rare ones may be one, `OTHER_CATEGORY`. */
  categories?: string[];
  encoding?: Encoding;
  fill?: Fill;
}

/**
 * Which rows train, validate and test. share: by the job's `validationSplit`. column: by the values of a column. time:
 * in the order of a date or number, the last shares validate and test. file: by the file that the rows came in. Test
 * rows are neither trained nor validated on.
 */
export type RowSplit =
  | { by: 'share' }
  | { by: 'column'; column: string; validation: string[]; test?: string[] }
  | { by: 'time'; column: string; validation: number; test?: number }
  | { by: 'file' };

export const WARNING_CODES = [
  'constantColumn',
  'leakingId',
  'equalsTarget',
  'imbalancedClasses',
  'rareClass',
  'rawScales',
  'manyMissing',
  'missingTargets',
  'manyCategories',
  'ignoredText',
  'fewRows',
  'duplicateRows',
  'reading',
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

export interface DataWarning {
  code: WarningCode;
  column?: string;
  message: string;
}

/** How a table becomes inputs, targets and parts. A version of a data set is its content with one recipe. */
export interface Recipe {
  task: Task;
  columns: Column[];
  split: RowSplit;
}

/** What a recipe makes of a table. */
export interface RecipeCounts {
  /** Rows that are left: those without a target and those that a fill drops are not counted. */
  samples: number;
  /** Inputs of the network, after encoding. */
  features: number;
  /** Classes, labels or regression targets. */
  outputs: number;
  /** The names of the classes or labels, with their rows; null for a regression. */
  classes: { name: string; count: number }[] | null;
  /** Where the split is fixed; null where it is left to the job. */
  parts: { training: number; validation: number; test: number } | null;
}

/** What a client may change of a column. */
export interface ColumnPatch {
  name: string;
  kind?: ColumnKind;
  role?: ColumnRole;
  /** In their order; for a categorical column, categories that are left out join `OTHER_CATEGORY`. */
  categories?: string[];
  encoding?: Encoding;
  fill?: Fill;
}

/** What a client may change of an uploaded data set. Columns that are not named stay as they are. */
export interface DatasetPatch {
  name?: string;
  /** Id or name: moves the data set there. */
  project?: string;
  task?: Task;
  columns?: ColumnPatch[];
  split?: RowSplit;
}

/** What is known of the values of a column. Figures of wide columns are over all their values. */
export interface ColumnProfile {
  name: string;
  kind: ColumnKind;
  width: number;
  missing: number;
  /** `missing` by the number of rows. */
  missingShare: number;
  distinct: number | null;
  minimum: number | null;
  maximum: number | null;
  mean: number | null;
  deviation: number | null;
  /** `counts[i]` values from `edges[i]` to `edges[i + 1]`. */
  histogram?: { edges: number[]; counts: number[] };
  /** The most frequent values. */
  top?: { value: string; count: number }[];
}

/** A value of a preview; the values of a wide column are a list. */
export type PreviewValue = string | number | boolean | null | (number | null)[];

export interface DatasetPreview {
  object: 'preview';
  id: string;
  version: number;
  /** One per column, in order. */
  columns: ColumnProfile[];
  /** The first rows as they were read, one value per column. */
  rows: PreviewValue[][];
  /** Rows of the whole table. */
  totalRows: number;
  classes: { name: string; count: number }[] | null;
  /** How the files were read: what was guessed, and what was given. */
  reading: Record<string, unknown>;
}
