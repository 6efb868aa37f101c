/** Turns what a client submitted into a job with every default filled in, or into a list of its invalid fields. */
import type { ErrorDetail } from '../errors.ts';
import { outlineModel, valuesPerSample } from '../model/outline.ts';
import type { BlobInfo, KeptBlobs, RowsContent } from '../schemas/blob.ts';
import { JobSchema } from '../schemas/job.ts';
import {
  changesAgainst,
  DEFAULT_LOSS,
  isBuiltInDataset,
  type ClassWeights,
  LIMITS,
  lossesFor,
  type Change,
  type DatasetInfo,
  type DatasetRef,
  type Filled,
  type JOB_OPTIONS,
  type JobSpec,
  type Labels,
  type ModelSpec,
  type OptimizerSpec,
  type Run,
  type ScheduleSpec,
  type StoppingSpec,
  type TelemetrySpec,
  type TRAINING_OPTIONS,
  type TrainingSpec,
} from '../vocabulary/index.ts';
import { Problems } from './problems.ts';
import { readDataset, type DatasetFacts } from './read-dataset.ts';
import { readModel } from './read-model.ts';
import { readValue } from './read-value.ts';
import { ANYTHING, isObject } from './schema-node.ts';

/** What is wrong with lists of numbers that were read, and taken out, before the job. */
export interface JobFaults {
  dataset?: ErrorDetail[];
  initialWeights?: ErrorDetail[];
}

export interface ReadJobOptions {
  /** The uploaded data set that the job names (`datasetRefOf`), if there is one. */
  uploaded?: DatasetInfo | null;
  /** The run that the job names as its parent (`parentIdOf`), if there is one. */
  parent?: Pick<Run, 'id' | 'spec'> | null;
  /** What the job names by hashes (`keptHashesOf`), as far as it is there. */
  kept?: KeptBlobs;
  faults?: JobFaults;
  /** Draws a seed if the job has none. */
  drawSeed?: () => number;
}
/** `steps` is the length of the whole training; `parent` says what the spec changes against that of its parent. */
export type ResolvedJob =
  { spec: JobSpec; steps: number; parent?: { id: string; change: Change[] } } | { details: ErrorDetail[] };

/** The uploaded data set that a job names, if it names one. */
export function datasetRefOf(body: unknown): DatasetRef | null {
  const dataset = isObject(body) ? body['dataset'] : undefined;
  if (!isObject(dataset)) return null;
  const { id, name, version } = dataset;
  const wanted = typeof version === 'number' && Number.isInteger(version) ? { version } : {};
  if (typeof id === 'string') return { id, ...wanted };
  return typeof name === 'string' && !isBuiltInDataset(name) ? { name, ...wanted } : null;
}

/** The hashes of rows and weights that a job names in place of the numbers. */
export function keptHashesOf(body: unknown): string[] {
  const { dataset, model } = isObject(body) ? body : {};
  const weights = isObject(model) ? model['initialWeights'] : undefined;
  const named = [isObject(dataset) && dataset['inline'] !== undefined ? dataset : null, weights];
  return named.flatMap((part) => (isObject(part) && typeof part['hash'] === 'string' ? [part['hash']] : []));
}

/** The id of the run that a job names as its parent, if it names one. */
export function parentIdOf(body: unknown): string | undefined {
  const parentId = isObject(body) ? body['parentId'] : undefined;
  return typeof parentId === 'string' ? parentId : undefined;
}

/** The project that a job names, if it names one. */
export function projectOf(body: unknown): string | undefined {
  const project = isObject(body) ? body['project'] : undefined;
  return typeof project === 'string' ? project : undefined;
}

/** The job. Its data set and its model have additional rules. */
const FrameSchema = {
  ...JobSchema,
  properties: { ...JobSchema.properties, dataset: ANYTHING, model: ANYTHING },
  required: [],
};
/** A job as it was read, without its invalid fields. */
interface Frame extends Partial<Labels>, Filled<typeof JOB_OPTIONS> {
  parentId?: string;
  project?: string;
  dataset?: unknown;
  model?: unknown;
  training?: ReadTraining;
  telemetry: TelemetrySpec;
}
type ReadTraining = Partial<Filled<typeof TRAINING_OPTIONS>> & {
  optimizer?: OptimizerSpec;
  schedule?: ScheduleSpec;
  stopping?: StoppingSpec | null;
};

export function readJob(body: unknown, options: ReadJobOptions = {}): ResolvedJob {
  const problems = new Problems(JobSchema);
  if (!isObject(body)) {
    problems.mismatch('', 'a JSON object', body);
    return { details: problems.details };
  }
  const frame = readValue(FrameSchema, body, '', problems) as Frame;
  const seed = frame.training?.seed ?? (options.drawSeed ?? drawSeed)();
  const kept = options.kept ?? new Map<string, BlobInfo>();
  const { uploaded = null, faults = {} } = options;
  const rows = rowsOf(frame.dataset, kept);
  const dataset = readDataset(frame.dataset, { uploaded, rows, faults: faults.dataset ?? [], seed }, problems);
  const facts = dataset?.facts ?? null;
  const model = readModel(frame.model, facts, kept, problems);
  problems.addAll(faults.initialWeights ?? []);
  const training = frame.training && resolveTraining(frame.training, seed, facts, problems);
  if (facts && model && training) checkMemory(model, training, facts, problems);
  const { parent = null } = options;
  if (frame.parentId !== undefined && !parent)
    problems.add('parentId', 'is not the id of a run', 'an id from GET /v1/runs');
  if (problems.count > 0 || !dataset || !facts || !model || !training) return { details: problems.details };

  const spec: JobSpec = {
    name: frame.name || describeJob(facts, model),
    experiment: frame.experiment ?? '',
    tags: frame.tags ?? [],
    notes: frame.notes ?? '',
    metadata: frame.metadata ?? {},
    dataset: dataset.spec,
    model,
    training,
    telemetry: frame.telemetry,
    engine: frame.engine,
    priority: frame.priority,
  };
  return {
    spec,
    steps: training.epochs * Math.ceil(facts.trainingSamples / training.batchSize),
    ...(parent && { parent: { id: parent.id, change: changesAgainst(parent.spec, spec) } }),
  };
}

function rowsOf(dataset: unknown, kept: KeptBlobs): BlobInfo<RowsContent> | null {
  const hash = isObject(dataset) ? dataset['hash'] : undefined;
  const found = typeof hash === 'string' ? kept.get(hash) : undefined;
  return found?.content.kind === 'rows' ? { hash: found.hash, content: found.content } : null;
}

/** Null if a part could not be read. Its problems are reported. */
function resolveTraining(
  read: ReadTraining,
  seed: number,
  facts: DatasetFacts | null,
  problems: Problems,
): TrainingSpec | null {
  const {
    epochs,
    batchSize,
    shuffle,
    loss,
    optimizer,
    schedule,
    clipNorm = null,
    classWeights = null,
    threads = 'auto',
    stopping = null,
  } = read;
  if (optimizer?.type === 'sgd' && optimizer.nesterov && optimizer.momentum === 0) {
    problems.add('training.optimizer.nesterov', 'needs training.optimizer.momentum above 0', 'a momentum above 0');
  }
  if (!facts || epochs === undefined || batchSize === undefined) return null;
  const allowed = lossesFor(facts.task);
  if (loss && loss !== 'auto' && !allowed.includes(loss)) {
    problems.add(
      'training.loss',
      `cannot be ${loss}: the data set's task is ${facts.task}`,
      `auto or one of ${allowed.join(', ')}`,
    );
  }
  checkClassWeights(classWeights, facts, problems);
  if (stopping) checkStopping(stopping, facts, problems);
  const stepsPerEpoch = Math.ceil(facts.trainingSamples / batchSize);
  if (epochs * stepsPerEpoch > LIMITS.steps) {
    problems.add(
      'training.epochs',
      `would take ${epochs * stepsPerEpoch} steps at ${stepsPerEpoch} per epoch, but at most ${LIMITS.steps} are allowed`,
      `at most ${Math.floor(LIMITS.steps / stepsPerEpoch)} epochs`,
    );
  }
  if (shuffle === undefined || !optimizer || !schedule) return null;
  return {
    epochs,
    batchSize,
    seed,
    shuffle,
    loss: !loss || loss === 'auto' ? DEFAULT_LOSS[facts.task] : loss,
    optimizer,
    schedule,
    clipNorm,
    classWeights,
    threads,
    stopping,
  };
}

function checkClassWeights(weights: ClassWeights, { task, outputs }: DatasetFacts, problems: Problems): void {
  const path = 'training.classWeights';
  if (weights === null) return;
  if (task === 'regression') problems.add(path, "must be null: the data set's task is regression", 'null');
  else if (weights !== 'balanced' && weights.length !== outputs) {
    const what = task === 'classification' ? 'class' : 'label';
    problems.add(path, `must have one number per ${what}: ${outputs}, not ${weights.length}`, `${outputs} numbers`);
  }
}

function checkStopping({ metric }: StoppingSpec, facts: DatasetFacts, problems: Problems): void {
  const path = 'training.stopping.metric';
  if (metric === 'valAccuracy' && facts.task === 'regression')
    problems.add(path, 'cannot be valAccuracy: a regression has no accuracy', 'valLoss or loss');
  else if (metric !== 'loss' && facts.validationSamples === 0)
    problems.add(
      path,
      `cannot be ${metric}: dataset.validationSplit is 0, so there is no validation part`,
      'loss, or a dataset.validationSplit above 0',
    );
}

const drawSeed = () => Math.floor(Math.random() * 2 ** 31);

/** The memory of one batch: every layer's activations are kept for the backward pass. */
function checkMemory(model: ModelSpec, { batchSize }: TrainingSpec, facts: DatasetFacts, problems: Problems): void {
  if (batchSize < 2 && model.layers.some(({ type }) => type === 'batchNormalization'))
    problems.add(
      'training.batchSize',
      'must be at least 2 for batchNormalization: one sample has no variance',
      'at least 2',
    );
  const values = valuesPerSample(outlineModel(model, [facts.features], facts.outputs));
  const inBatch = values * Math.min(batchSize, facts.samples);
  if (inBatch > LIMITS.batchValues) {
    const limit = LIMITS.batchValues.toLocaleString('en-US');
    problems.add(
      'training.batchSize',
      `would create ${inBatch.toLocaleString('en-US')} activations per step with these layers, but at most ${limit} are allowed`,
      `at most ${Math.floor(LIMITS.batchValues / values)}`,
    );
  }
}

/** For example "mnist 128-64 relu", "absolute 10x2 relu". */
function describeJob({ title }: DatasetFacts, { layers }: ModelSpec): string {
  const dense = layers.filter((layer) => layer.type === 'dense');
  if (dense.length === 0) return `${title} without hidden layers`.slice(0, 200);
  const widths = dense.map(({ units }) => units);
  const shape = widths.length > 3 && new Set(widths).size === 1 ? `${widths.length}x${widths[0]}` : widths.join('-');
  const activations = layers.flatMap((layer) =>
    'activation' in layer && layer.activation.type !== 'linear' ? layer.activation.type : [],
  );
  return [title, shape, [...new Set(activations)].join('+') || 'linear'].join(' ').slice(0, 200);
}
