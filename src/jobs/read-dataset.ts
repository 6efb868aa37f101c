/** The `dataset` part of a job: which data, how much of it, and what the model must fit to it. */
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  shapeOf,
  type DatasetInfo,
  type DatasetShape,
} from '../schemas/datasets.ts';
import { checkInlineData } from './inline-data.ts';
import { DatasetSchema, TASKS, type DatasetSpec, type InlineData, type Task } from '../schemas/job.ts';
import { isObject, readValue, type Problems } from './read-value.ts';

/** What the model is checked against, and how the data set is called in a run's name. */
export interface DatasetFacts extends DatasetShape {
  title: string;
}

export interface ResolvedDataset {
  spec: Omit<DatasetSpec, 'seed'> & { seed?: number };
  facts: DatasetFacts | null;
}

const { inputs: _inputs, targets: _targets, ...smallProperties } = DatasetSchema.properties;
/** Without the rows: they are checked in one pass of their own, not value by value through a schema. */
const ReferenceSchema = { ...DatasetSchema, properties: smallProperties };

/** `uploaded` is what the service knows of the data set with the job's `dataset.id`; null where there is none. */
export function readDataset(value: unknown, uploaded: DatasetInfo | null, problems: Problems): ResolvedDataset | null {
  if (!isObject(value)) {
    problems.mismatch('dataset', 'an object with "name", "id" or "inputs"', value);
    return null;
  }
  const { inputs, targets, ...reference } = value;
  const read = readValue(ReferenceSchema, reference, 'dataset', problems) as
    (Partial<DatasetSpec> & { id?: string }) | undefined;
  if (!read) return null;
  const { samples, noise, task, name, id, ...split } = read;
  const spec = {
    limit: split.limit ?? null,
    validationSplit: split.validationSplit!,
    normalize: split.normalize!,
    ...(split.seed === undefined ? {} : { seed: split.seed }),
  };

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
  if (value['inputs'] === undefined && targets !== undefined)
    problems.add('dataset.targets', 'goes with inline data only, beside dataset.inputs');
  const builtIn = typeof name === 'string' && isBuiltInDataset(name) ? BUILT_IN_DATASETS[name] : null;
  if (builtIn?.kind !== 'synthetic') {
    for (const key of ['samples', 'noise'] as const) {
      if (value[key] !== undefined)
        problems.add(
          `dataset.${key}`,
          `goes with synthetic data sets only; ${key === 'samples' ? 'use dataset.limit to take a part of this one' : 'this one is taken as it is'}`,
        );
    }
  }

  if (inputs !== undefined) {
    const data = readInlineData({ inputs, targets, task: value['task'] }, 'dataset', problems);
    return withFacts({ ...data, ...spec }, data && 'inline data', null);
  }
  const source = id === undefined ? builtIn : uploaded;
  if (source && task !== undefined && task !== source.task)
    problems.add('dataset.task', `is ${source.task} for this data set, not ${task}`, source.task);
  if (id !== undefined) {
    if (!uploaded) problems.add('dataset.id', 'is not the id of an uploaded data set', 'an id from GET /v1/datasets');
    return withFacts({ id, ...spec }, uploaded && (uploaded.name ?? id), uploaded);
  }
  if (!builtIn) {
    if (name !== undefined) problems.unknownName('dataset.name', 'data set', name, Object.keys(BUILT_IN_DATASETS));
    return withFacts(spec, null, null);
  }
  const drawn =
    builtIn.kind === 'synthetic' ? { samples: samples ?? builtIn.samples, noise: noise ?? builtIn.noise } : {};
  return withFacts({ name: name!, ...drawn, ...spec }, name!, null);
}

/** `title` null: the data set is unknown, and so is its shape. */
function withFacts(spec: ResolvedDataset['spec'], title: string | null, uploaded: DatasetInfo | null): ResolvedDataset {
  return { spec, facts: title === null ? null : { ...shapeOf({ ...spec, seed: 0 }, uploaded), title } };
}

/** Inline or uploaded rows. `path` is where they lie in the request, empty for the whole body. */
export function readInlineData(
  { inputs, targets, task }: Record<'inputs' | 'targets' | 'task', unknown>,
  path: string,
  problems: Problems,
): InlineData | null {
  const before = problems.count;
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  if (!isTask(task)) problems.mismatch(at('task'), `one of ${TASKS.join(', ')}`, task);
  if (!Array.isArray(inputs)) problems.mismatch(at('inputs'), 'a list of rows of numbers', inputs);
  else {
    const wrong = inputs.findIndex((row) => !Array.isArray(row));
    if (wrong >= 0) problems.mismatch(`${at('inputs')}[${wrong}]`, 'a row of numbers', inputs[wrong]);
  }
  if (!Array.isArray(targets))
    problems.mismatch(at('targets'), `a list with one entry per row of ${at('inputs')}`, targets);
  if (problems.count > before) return null;

  const data = { inputs, targets, task } as InlineData;
  for (const detail of checkInlineData(data, path))
    problems.add(detail.path.replace(/^\./, ''), detail.message, detail.expected);
  return problems.count > before ? null : data;
}

const isTask = (task: unknown): task is Task => TASKS.some((known) => known === task);
