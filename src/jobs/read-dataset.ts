/** The `dataset` part of a job: which data, how much of it, and what the model must fit to it. */
import type { ErrorDetail } from '../errors.ts';
import { DatasetSchema } from '../schemas/dataset.ts';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  SPLIT_OPTIONS,
  type BuiltInDataset,
  type DatasetInfo,
  type DatasetSpec,
  type Filled,
  type Normalization,
  type TargetNormalization,
  type Task,
} from '../vocabulary/index.ts';
import type { BlobInfo, RowsContent } from '../schemas/blob.ts';
import { shapeOf, type DatasetShape } from './dataset-shape.ts';
import { readInlineData } from './inline-data.ts';
import { type Problems } from './problems.ts';
import { readValue } from './read-value.ts';
import { ANYTHING, isObject } from './schema-node.ts';

/** What the model is checked against; `title` names the data set in the name of a run. */
export interface DatasetFacts extends DatasetShape {
  title: string;
  normalizeTargets: TargetNormalization;
}
export interface ResolvedDataset {
  spec: DatasetSpec;
  facts: DatasetFacts;
}

/** The rows are checked in a separate pass, not value by value through a schema. */
const ReferenceSchema = {
  ...DatasetSchema,
  properties: { ...DatasetSchema.properties, inputs: ANYTHING, targets: ANYTHING },
};
/** A data set whose values are valid one by one, but not yet checked together. */
interface Reference {
  name?: string;
  id?: string;
  version?: number;
  hash?: string;
  inputs?: unknown;
  targets?: unknown;
  task?: Task;
  samples?: number;
  noise?: number;
  seed?: number;
  limit?: number | null;
  validationSplit?: number;
  normalize?: Normalization;
  normalizeTargets?: TargetNormalization;
  inline?: true;
  features?: number;
  outputs?: number;
}

/** What a job's data set is checked against. */
export interface DatasetContext {
  /** The uploaded data set that the job names (`datasetRefOf`), or null. */
  uploaded: DatasetInfo | null;
  /** The rows that the job names by their hash (`keptHashesOf`), or null. */
  rows: BlobInfo<RowsContent> | null;
  /** What is wrong with rows that were sent and are not there any more. */
  faults: readonly ErrorDetail[];
  /** Used if the data set has none. */
  seed: number;
}

/** Returns null, with its problems reported, if the data set is unknown. */
export function readDataset(
  value: unknown,
  { uploaded, rows, faults, seed }: DatasetContext,
  problems: Problems,
): ResolvedDataset | null {
  if (!isObject(value)) {
    problems.mismatch('dataset', 'an object with "name", "id" or "inputs"', value);
    return null;
  }
  const read = readValue(ReferenceSchema, value, 'dataset', problems) as Reference;
  if (faults.length > 0) {
    problems.addAll(faults);
    return null;
  }
  const sources = ['name', 'id', 'inputs', 'inline'].filter((key) => value[key] !== undefined);
  if (sources.length !== 1) {
    const expected =
      'exactly one of name (built-in or uploaded), id (uploaded), inputs (inline), inline (that of an earlier job)';
    problems.add(
      'dataset',
      sources.length === 0 ? `needs ${expected}` : `has ${sources.join(' and ')}, but needs ${expected}`,
      expected,
    );
    return null;
  }
  checkCompany(value, problems);

  const { task } = read;
  // An invalid value, which is reported by now, is replaced by its default, so that what depends on it can still be
  // checked.
  const split = {
    limit: read.limit ?? SPLIT_OPTIONS.limit.default,
    validationSplit: read.validationSplit ?? SPLIT_OPTIONS.validationSplit.default,
    normalize: read.normalize ?? SPLIT_OPTIONS.normalize.default,
    normalizeTargets: read.normalizeTargets ?? SPLIT_OPTIONS.normalizeTargets.default,
    seed: read.seed ?? seed,
  };
  if (value['inline'] !== undefined) return readKept(read, rows, split, problems);
  if (read.inputs !== undefined) {
    const data = readInlineData(read, 'dataset', problems);
    return data && resolve({ ...data, ...split }, 'inline data', null, problems);
  }
  if (value['id'] !== undefined) {
    if (read.id === undefined) return null;
    if (!uploaded) {
      problems.add('dataset.id', 'is not the id of an uploaded data set', 'an id from GET /v1/datasets');
      return null;
    }
    return readUploaded(read, read.id, uploaded, split, problems);
  }
  const { name } = read;
  if (name === undefined) return null;
  if (!isBuiltInDataset(name)) {
    if (uploaded?.id !== undefined) return readUploaded(read, uploaded.id, uploaded, split, problems);
    problems.unknownName('dataset.name', 'data set', name, Object.keys(BUILT_IN_DATASETS));
    return null;
  }
  checkTask(task, BUILT_IN_DATASETS[name].task, problems);
  return resolve({ name, ...drawnBy(name, read), ...split }, name, null, problems);
}

/** Null, with the problem reported, if there are no rows with this hash. */
function readKept(
  read: Reference,
  rows: BlobInfo<RowsContent> | null,
  split: Filled<typeof SPLIT_OPTIONS>,
  problems: Problems,
): ResolvedDataset | null {
  if (read.inline === undefined) return null;
  if (rows === null) {
    problems.add(
      'dataset.hash',
      'is not that of rows that came with a run that you see; send the rows themselves, as dataset.inputs and dataset.targets',
      'the dataset.hash of the spec of a run, beside inline',
    );
    return null;
  }
  const { task, samples, features, outputs } = rows.content;
  checkTask(read.task, task, problems);
  for (const [key, is] of Object.entries({ samples, features, outputs })) {
    const said = read[key as 'samples' | 'features' | 'outputs'];
    if (said !== undefined && said !== is)
      problems.add(`dataset.${key}`, `is ${is} for these rows, not ${said}`, `${is}`);
  }
  const kept = { inline: true, hash: rows.hash, task, samples, features, outputs } as const;
  return resolve({ ...kept, ...split }, 'inline data', null, problems);
}

/** Null, with the problem reported, if it is another version than the job wants. */
function readUploaded(
  { task, version, hash }: Reference,
  id: string,
  uploaded: DatasetInfo,
  split: Filled<typeof SPLIT_OPTIONS>,
  problems: Problems,
): ResolvedDataset | null {
  const { version: found = 1, hash: foundHash, trainingSamples, validationSamples = 0 } = uploaded;
  if (version !== undefined && version !== found) {
    problems.add(
      'dataset.version',
      `is ${version}, but the newest version of this data set is ${found}`,
      `1 to ${found}`,
    );
    return null;
  }
  if (hash !== undefined && hash !== foundHash) {
    problems.add(
      'dataset.hash',
      `is not that of version ${found}: the data set is another one than the job was made for`,
      foundHash === undefined ? 'no hash' : `${foundHash}, or no hash`,
    );
    return null;
  }
  const lack =
    uploaded.samples === 0
      ? 'has no rows that can be used: a target or an input that no fill stands for is missing in all of them'
      : trainingSamples === 0
        ? 'has no rows to train on: its split puts all of them in other parts'
        : null;
  if (lack !== null) {
    problems.add('dataset', lack, 'a data set with rows to train on');
    return null;
  }
  checkTask(task, uploaded.task, problems);
  // So that a spec says what is held out, whoever decides it.
  const hasOwn = trainingSamples !== undefined && validationSamples > 0;
  const validationSplit = hasOwn ? validationSamples / (trainingSamples + validationSamples) : split.validationSplit;
  const spec = { id, version: found, ...(foundHash !== undefined && { hash: foundHash }), ...split, validationSplit };
  return resolve(spec, uploaded.name ?? id, uploaded, problems);
}

/** Options of other kinds of data sets. */
function checkCompany(value: Readonly<Record<string, unknown>>, problems: Problems): void {
  const { name } = value;
  if (value['inputs'] === undefined && value['targets'] !== undefined)
    problems.add('dataset.targets', 'is for inline data only, together with dataset.inputs');
  const isUploaded = value['id'] !== undefined || (typeof name === 'string' && !isBuiltInDataset(name));
  const isKept = value['inline'] !== undefined;
  if (value['version'] !== undefined && !isUploaded)
    problems.add('dataset.version', 'is for uploaded data sets only; built-in and inline data has no versions');
  if (value['hash'] !== undefined && !isUploaded && !isKept)
    problems.add('dataset.hash', 'is for uploaded data sets, and for inline data of an earlier job, only');
  for (const key of ['features', 'outputs'])
    if (value[key] !== undefined && !isKept)
      problems.add(`dataset.${key}`, 'is for inline data of an earlier job only; otherwise it follows from the data');
  const isSynthetic = typeof name === 'string' && isBuiltInDataset(name) && isDrawn(name);
  if (isSynthetic) return;
  if (value['samples'] !== undefined && !isKept)
    problems.add('dataset.samples', 'is for synthetic data sets only; use dataset.limit to take a part of this one');
  if (value['noise'] !== undefined)
    problems.add('dataset.noise', 'is for synthetic data sets only; no noise is added to this one');
}

function checkTask(given: Task | undefined, task: Task, problems: Problems): void {
  if (given !== undefined && given !== task)
    problems.add('dataset.task', `is ${task} for this data set, not ${given}`, task);
}

const isDrawn = (name: BuiltInDataset): boolean => BUILT_IN_DATASETS[name].kind === 'synthetic';

/** Options for drawing a synthetic data set; none for a real one. */
function drawnBy(name: BuiltInDataset, { samples, noise }: Reference): { samples?: number; noise?: number } {
  const builtIn = BUILT_IN_DATASETS[name];
  return builtIn.kind === 'synthetic' ? { samples: samples ?? builtIn.samples, noise: noise ?? builtIn.noise } : {};
}

function resolve(spec: DatasetSpec, title: string, uploaded: DatasetInfo | null, problems: Problems): ResolvedDataset {
  const shape = shapeOf(spec, uploaded);
  if (spec.normalizeTargets !== 'none' && shape.task !== 'regression')
    problems.add(
      'dataset.normalizeTargets',
      `cannot be ${spec.normalizeTargets}: the data set's task is ${shape.task}, and only regression has targets to normalise`,
      'none',
    );
  return { spec, facts: { ...shape, title, normalizeTargets: spec.normalizeTargets } };
}
