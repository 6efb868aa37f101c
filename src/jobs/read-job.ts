/** From what a client submitted to a job with every default filled in, or to a list of every wrong place in it. */
import type { ErrorDetail } from '../errors.ts';
import type { DatasetInfo } from '../schemas/datasets.ts';
import {
  JobSchema,
  LIMITS,
  OptimizerSchema,
  ScheduleSchema,
  type JobSpec,
  type LossName,
  type ModelSpec,
  type OptimizerSpec,
  type ScheduleSpec,
  type Task,
  type TelemetrySpec,
  type TrainingSpec,
} from '../schemas/job.ts';
import { outlineModel, valuesPerSample } from '../model/outline.ts';
import { isObject, Problems, readValue } from './read-value.ts';
import { readDataset, type DatasetFacts } from './read-dataset.ts';
import { readModel } from './read-model.ts';

export interface ReadJobOptions {
  /** What the service knows of the uploaded data set that the job names (`datasetIdOf`). */
  uploaded?: DatasetInfo | null;
  /** Makes a seed where the job has none. */
  drawSeed?: () => number;
}
/** `steps`: of the whole training. */
export type ResolvedJob = { spec: JobSpec; steps: number } | { details: ErrorDetail[] };

/** The id of the uploaded data set that a job names, if it names one. */
export function datasetIdOf(body: unknown): string | undefined {
  const dataset = isObject(body) ? body['dataset'] : undefined;
  const id = isObject(dataset) ? dataset['id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

const { dataset: _dataset, model: _model, ...ownProperties } = JobSchema.properties;
/** The job without the parts that have rules of their own. */
const FrameSchema = { ...JobSchema, properties: ownProperties, required: [] };

export function readJob(body: unknown, options: ReadJobOptions = {}): ResolvedJob {
  const problems = new Problems(JobSchema);
  if (!isObject(body)) {
    problems.mismatch('', 'a JSON object', body);
    return { details: problems.details };
  }
  const { dataset: givenDataset, model: givenModel, ...givenFrame } = body;
  const frame = readValue(
    FrameSchema,
    { training: {}, telemetry: {}, ...givenFrame },
    '',
    problems,
  ) as Partial<JobSpec>;
  const dataset = readDataset(givenDataset, options.uploaded ?? null, problems);
  const facts = dataset?.facts ?? null;
  const model = readModel(givenModel, facts, problems);
  const training = frame.training && resolveTraining(frame.training, facts, problems, options.drawSeed ?? drawSeed);
  if (facts && model && training) checkMemory(model, training, facts, problems);
  if (problems.count > 0 || !dataset || !facts || !model || !training) return { details: problems.details };

  return {
    steps: training.epochs * Math.ceil(facts.trainingSamples / training.batchSize),
    spec: {
      name: frame.name || describeJob(facts, model),
      experiment: frame.experiment ?? '',
      tags: frame.tags ?? [],
      notes: frame.notes ?? '',
      metadata: frame.metadata ?? {},
      dataset: { ...dataset.spec, seed: dataset.spec.seed ?? training.seed },
      model,
      training,
      telemetry: frame.telemetry as TelemetrySpec,
      engine: frame.engine!,
      priority: frame.priority!,
    },
  };
}

type ReadTraining = Omit<Partial<TrainingSpec>, 'loss'> & { loss?: LossName | 'auto' };

/** The losses that fit the output layer of each task; the first one is its default. */
const LOSSES_BY_TASK: Record<Task, readonly LossName[]> = {
  classification: ['softmaxCrossEntropy'],
  multilabel: ['sigmoidCrossEntropy'],
  regression: ['meanSquaredError', 'meanAbsoluteError', 'huber'],
};

/** Null where a part of it could not be read: its problems are told then. */
function resolveTraining(
  read: ReadTraining,
  facts: DatasetFacts | null,
  problems: Problems,
  drawSeed: () => number,
): TrainingSpec | null {
  const { epochs, batchSize, loss } = read;
  const optimizer = read.optimizer ?? (readValue(OptimizerSchema, 'adam', '', problems) as OptimizerSpec);
  const schedule = read.schedule ?? (readValue(ScheduleSchema, 'constant', '', problems) as ScheduleSpec);
  if (optimizer.nesterov && !(optimizer.momentum! > 0)) {
    problems.add('training.optimizer.nesterov', 'needs training.optimizer.momentum above 0', 'a momentum above 0');
  }
  if (!facts || epochs === undefined || batchSize === undefined) return null;
  const allowed = LOSSES_BY_TASK[facts.task];
  if (loss && loss !== 'auto' && !allowed.includes(loss)) {
    problems.add(
      'training.loss',
      `cannot be ${loss}: the data set's task is ${facts.task}`,
      `auto or one of ${allowed.join(', ')}`,
    );
  }
  const stepsPerEpoch = Math.ceil(facts.trainingSamples / batchSize);
  if (epochs * stepsPerEpoch > LIMITS.steps) {
    problems.add(
      'training.epochs',
      `make ${epochs * stepsPerEpoch} steps at ${stepsPerEpoch} per epoch, but at most ${LIMITS.steps} are allowed`,
      `at most ${Math.floor(LIMITS.steps / stepsPerEpoch)} epochs`,
    );
  }
  return {
    epochs,
    batchSize,
    seed: read.seed ?? drawSeed(),
    shuffle: read.shuffle!,
    loss: !loss || loss === 'auto' ? allowed[0]! : loss,
    optimizer,
    schedule,
    clipNorm: read.clipNorm ?? null,
  };
}

const drawSeed = () => Math.floor(Math.random() * 2 ** 31);

/** What one batch takes in memory: every layer's activations are kept for the backward pass. */
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
      `makes ${inBatch.toLocaleString('en-US')} activations per step with these layers, but at most ${limit} are allowed`,
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
