import type { Column, DataWarning, RowSplit } from './columns.ts';
import { LARGEST_SEED, LIMITS } from './limits.ts';
import type { Filled, Options } from './options.ts';
import type { PersonName } from './people.ts';

export const TASKS = ['regression', 'classification', 'multilabel'] as const;
export type Task = (typeof TASKS)[number];
export const isTask = (value: unknown): value is Task => TASKS.some((task) => task === value);

export const NORMALIZATIONS = ['none', 'standard', 'center', 'minMax'] as const;
export type Normalization = (typeof NORMALIZATIONS)[number];

export const TARGET_NORMALIZATIONS = ['none', 'standard', 'minMax'] as const;
export type TargetNormalization = (typeof TARGET_NORMALIZATIONS)[number];

/** How much of the data is used, and how it is prepared. */
export const SPLIT_OPTIONS = {
  seed: {
    type: 'integer',
    minimum: 0,
    maximum: LARGEST_SEED,
    description: 'Seed for drawing, choosing and splitting samples. Default: training.seed.',
  },
  limit: {
    anyOf: [{ type: 'integer', minimum: 2, maximum: LIMITS.samples }, { type: 'null' }],
    default: null,
    description: 'Use at most this many samples, a seeded random choice; null for all of them.',
  },
  validationSplit: {
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.1,
    description:
      'Share held out for validation; stratified for classification. Does not matter where an uploaded data set has a validation part of its own.',
  },
  normalize: {
    type: 'string',
    enum: NORMALIZATIONS,
    default: 'standard',
    description:
      'Fitted on the training part, per feature. standard: mean 0, deviation 1; center: mean 0; minMax: 0 to 1. The pixels of an image share one scale.',
  },
  normalizeTargets: {
    type: 'string',
    enum: TARGET_NORMALIZATIONS,
    default: 'none',
    description:
      'Regression only. Fitted on the training part, per output. standard: mean 0, deviation 1; minMax: 0 to 1. Losses are then in normalised units; predictions and exported models undo it.',
  },
} as const satisfies Options;

/** Options of synthetic data sets; their defaults are listed with each data set. */
export const SYNTHETIC_OPTIONS = {
  samples: {
    type: 'integer',
    minimum: 4,
    maximum: LIMITS.samples,
    description: 'Synthetic data sets: number of samples to draw. Default as listed by GET /v1/datasets.',
  },
  noise: {
    type: 'number',
    minimum: 0,
    maximum: 10,
    description: 'Synthetic data sets: standard deviation of the noise. Default as listed by GET /v1/datasets.',
  },
} as const satisfies Options;

/** Rows that come with a job or an upload. */
export interface InlineData {
  /** [samples, features] */
  inputs: number[][];
  /** Class indices from 0; numbers or rows of numbers; or rows of 0 and 1: one entry per row of inputs. */
  targets: number[] | number[][];
  task: Task;
}

/** Which uploaded data set a job means. */
export interface DatasetRef {
  /** Of the newest one of this name, unless it is built in. */
  name?: string;
  id?: string;
  /** Default: the newest. */
  version?: number;
}

/** Data that came with a job, as the job says it while the rows are kept apart: by their hash. */
export interface KeptRows {
  inline: true;
  /** `sha256:...` over the rows. */
  hash: string;
  task: Task;
  samples: number;
  features: number;
  /** Classes, labels or regression targets. */
  outputs: number;
}

/** The data set of a job as it is submitted: exactly one of `name`, `id`, `inputs` and `inline` is present. */
export type DatasetJob = DatasetRef &
  Partial<KeptRows> &
  Partial<InlineData> &
  Partial<Filled<typeof SYNTHETIC_OPTIONS>> &
  Partial<Filled<typeof SPLIT_OPTIONS>>;

type SplitSpec = Filled<typeof SPLIT_OPTIONS>;
type Absent<Name extends keyof DatasetJob> = { [K in Name]?: undefined };

/** A built-in data set. `samples` and `noise` are present for synthetic data sets. */
export type BuiltInDatasetSpec = { name: string } & Partial<Filled<typeof SYNTHETIC_OPTIONS>> &
  SplitSpec &
  Absent<'id' | 'version' | 'hash' | KeptOnly | keyof InlineData>;
/** A version of an uploaded data set. Runs of earlier releases do not name its hash. */
export type UploadedDatasetSpec = { id: string; version: number; hash?: string } & SplitSpec &
  Absent<'name' | KeptOnly | keyof InlineData | keyof typeof SYNTHETIC_OPTIONS>;
/** Few rows that came with the job. A list of runs may leave out `inputs` and `targets`; a single run has them. */
export type InlineDatasetSpec = { task: Task } & Partial<Omit<InlineData, 'task'>> &
  SplitSpec &
  Absent<'name' | 'id' | 'version' | 'hash' | KeptOnly | keyof typeof SYNTHETIC_OPTIONS>;
/** Many rows that came with a job. */
export type KeptDatasetSpec = KeptRows & SplitSpec & Absent<'name' | 'id' | 'version' | 'inputs' | 'targets' | 'noise'>;
type KeptOnly = 'inline' | 'features' | 'outputs';

/** A data set with every default filled in; the kinds differ by `name`, `id`, `inline` and `task`. */
export type DatasetSpec = BuiltInDatasetSpec | UploadedDatasetSpec | InlineDatasetSpec | KeptDatasetSpec;

export const DATASET_KINDS = ['real', 'synthetic', 'uploaded'] as const;
export type DatasetKind = (typeof DATASET_KINDS)[number];

export interface DatasetInfo extends Partial<UploadedInfo> {
  object: 'dataset';
  /** Of a built-in data set; of an uploaded one, if it was given one. */
  name?: string;
  /** Of an uploaded data set. */
  id?: string;
  /** Of an uploaded data set: the id of its project. Null: from files of DATASETS_DIR, which everybody may use. */
  project?: string | null;
  /** Of an uploaded data set. Null: nobody was registered, or the person was erased. */
  createdBy?: PersonName | null;
  kind: DatasetKind;
  task: Task;
  /** All samples that can be used; for synthetic data sets the default number. */
  samples: number;
  /** Inputs of the network, after categories and dates are encoded. */
  features: number;
  /** Classes, labels or regression targets. */
  outputs: number;
  /** Synthetic data sets: default standard deviation of the noise. */
  noise?: number;
  description: string;
  createdAt?: string;
  /** Of data sets whose files come from elsewhere. False: they are not there, and `reason` says how to get them. */
  available?: boolean;
  reason?: string;
}

/**
 * Files in DATASETS_DIR that were not read yet: nothing is known of them but their name. They are read when somebody names
 * them.
 */
export interface UnreadDataset {
  object: 'dataset';
  name: string;
  kind: 'real';
  status: 'unread';
  task: null;
  samples: null;
  features: null;
  outputs: null;
  description: string;
  available: true;
}

/** A data set as a list has it. */
export type ListedDataset =
  DatasetInfo | (UnreadDataset & { [K in Exclude<keyof DatasetInfo, keyof UnreadDataset>]?: undefined });

/** What is known of an uploaded data set besides its size. */
export interface UploadedInfo {
  /** From 1 on. */
  version: number;
  /** `sha256:...` over the content and how it is prepared. */
  hash: string;
  columns: Column[];
  /** The names of the classes or labels; null for a regression. */
  classes: string[] | null;
  split: RowSplit;
  warnings: DataWarning[];
  /** Where the split is fixed. */
  trainingSamples?: number;
  validationSamples?: number;
  testSamples?: number;
  /** How many runs name it, in any version. */
  runs: number;
}

export interface Upload extends InlineData {
  name?: string;
  /** Id or name. */
  project?: string;
  /** One per column of the inputs. */
  featureNames?: string[];
  /** One per class or label, in their order. */
  classNames?: string[];
}
