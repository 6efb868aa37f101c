/** The `dataset` part of a job: which data, how much of it, and what the model must fit to it. */
import { DatasetSchema } from '../schemas/dataset.ts';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  SPLIT_OPTIONS,
  type BuiltInDataset,
  type DatasetInfo,
  type DatasetSpec,
  type Normalization,
  type TargetNormalization,
  type Task,
} from '../vocabulary/index.ts';
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
}

/**
 * `uploaded` is the data set with the job's `dataset.id`, or null. `seed` is used if the data set has none. Returns
 * null, with its problems reported, if the data set is unknown.
 */
export function readDataset(
  value: unknown,
  uploaded: DatasetInfo | null,
  seed: number,
  problems: Problems,
): ResolvedDataset | null {
  if (!isObject(value)) {
    problems.mismatch('dataset', 'an object with "name", "id" or "inputs"', value);
    return null;
  }
  const read = readValue(ReferenceSchema, value, 'dataset', problems) as Reference;
  const sources = ['name', 'id', 'inputs'].filter((key) => value[key] !== undefined);
  if (sources.length !== 1) {
    const expected = 'exactly one of name (built-in), id (uploaded), inputs (inline)';
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
    checkTask(task, uploaded.task, problems);
    return resolve({ id: read.id, ...split }, uploaded.name ?? read.id, uploaded, problems);
  }
  const { name } = read;
  if (name === undefined) return null;
  if (!isBuiltInDataset(name)) {
    problems.unknownName('dataset.name', 'data set', name, Object.keys(BUILT_IN_DATASETS));
    return null;
  }
  checkTask(task, BUILT_IN_DATASETS[name].task, problems);
  return resolve({ name, ...drawnBy(name, read), ...split }, name, null, problems);
}

/** Options of other kinds of data sets. */
function checkCompany(value: Readonly<Record<string, unknown>>, problems: Problems): void {
  const { name } = value;
  if (value['inputs'] === undefined && value['targets'] !== undefined)
    problems.add('dataset.targets', 'is for inline data only, together with dataset.inputs');
  const isSynthetic = typeof name === 'string' && isBuiltInDataset(name) && isDrawn(name);
  if (isSynthetic) return;
  if (value['samples'] !== undefined)
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
