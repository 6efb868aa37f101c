import { LARGEST_SEED, LIMITS } from './limits.ts';
import type { Task } from './dataset.ts';
import { namesOf, type Filled, type Given, type Options } from './options.ts';
import type { OptimizerChoice, OptimizerSpec } from './optimizers.ts';
import type { ScheduleChoice, ScheduleSpec } from './schedules.ts';

/** Each loss with the task whose output layer it fits. */
const LOSS_TASKS = {
  softmaxCrossEntropy: 'classification',
  sigmoidCrossEntropy: 'multilabel',
  meanSquaredError: 'regression',
  meanAbsoluteError: 'regression',
  huber: 'regression',
} as const satisfies Record<string, Task>;
export type LossName = keyof typeof LOSS_TASKS;
export const LOSSES = namesOf(LOSS_TASKS);

/** What `auto` takes. */
export const DEFAULT_LOSS: Readonly<Record<Task, LossName>> = {
  classification: 'softmaxCrossEntropy',
  multilabel: 'sigmoidCrossEntropy',
  regression: 'meanSquaredError',
};

/** The task whose output layer a loss fits. */
export const taskOf = (loss: LossName): Task => LOSS_TASKS[loss];

export const lossesFor = (task: Task): LossName[] => LOSSES.filter((loss) => LOSS_TASKS[loss] === task);

/** The options of training, without optimizer and schedule, which are choices themselves. */
export const TRAINING_OPTIONS = {
  epochs: { type: 'integer', minimum: 1, maximum: LIMITS.epochs, default: 10 },
  batchSize: {
    type: 'integer',
    minimum: 1,
    maximum: LIMITS.batchSize,
    default: 32,
    description: 'The last, smaller batch of an epoch is trained on too.',
  },
  seed: {
    type: 'integer',
    minimum: 0,
    maximum: LARGEST_SEED,
    description: 'Drawn at random where absent; the spec says which one was drawn.',
  },
  shuffle: { type: 'boolean', default: true },
  loss: {
    type: 'string',
    enum: ['auto', ...LOSSES],
    default: 'auto',
    description: "auto takes the usual loss of the data set's task.",
  },
  clipNorm: {
    anyOf: [{ type: 'number', exclusiveMinimum: 0 }, { type: 'null' }],
    default: null,
    description: 'Largest L2 norm of the whole gradient; null for no clipping.',
  },
  classWeights: {
    anyOf: [
      { type: 'string', const: 'balanced' },
      { type: 'array', items: { type: 'number', minimum: 1e-6, maximum: 1e6 }, minItems: 1, maxItems: LIMITS.units },
      { type: 'null' },
    ],
    default: null,
    description:
      'Classification: what the samples of each class weigh in the loss; multilabel: what the positive samples of each label weigh. balanced: rare ones as much as common ones; null: all the same.',
  },
  threads: {
    anyOf: [
      { type: 'string', const: 'auto' },
      { type: 'integer', minimum: 1, maximum: LIMITS.threads },
    ],
    default: 'auto',
    description:
      'Threads that share the work of a step, on the engines onnx and hybrid. auto: as many as cores are idle when a run of a large network begins, otherwise 1. engine.threads of the run says how many; the same number repeats the run bit for bit.',
  },
} as const satisfies Options;

export type ClassWeights = Filled<typeof TRAINING_OPTIONS>['classWeights'];
/** What can tell that a run no longer gets better: on the validation part, or the mean loss of an epoch of training. */
export const STOPPING_METRICS = ['valLoss', 'valAccuracy', 'loss'] as const;
export type StoppingMetric = (typeof STOPPING_METRICS)[number];
/** Early stopping, by the rules of Keras. */
export const STOPPING_OPTIONS = {
  metric: {
    type: 'string',
    enum: STOPPING_METRICS,
    default: 'valLoss',
    description: 'Measured after every epoch; loss is the mean training loss of the epoch.',
  },
  patience: {
    type: 'integer',
    minimum: 1,
    maximum: LIMITS.epochs,
    description: 'After this many epochs in a row without a better value, training ends.',
  },
  minDelta: {
    type: 'number',
    minimum: 0,
    default: 0,
    description: 'A better value differs from the best one by more than this.',
  },
} as const satisfies Options;
export type StoppingJob = Given<typeof STOPPING_OPTIONS>;
export type StoppingSpec = Filled<typeof STOPPING_OPTIONS>;

export type TrainingJob = Partial<Filled<typeof TRAINING_OPTIONS>> & {
  optimizer?: OptimizerChoice;
  schedule?: ScheduleChoice;
  stopping?: StoppingJob | null;
};
export type TrainingSpec = Omit<Filled<typeof TRAINING_OPTIONS>, 'loss'> & {
  loss: LossName;
  optimizer: OptimizerSpec;
  schedule: ScheduleSpec;
  /** Null: every epoch is trained. */
  stopping: StoppingSpec | null;
};

export const TELEMETRY_OPTIONS = {
  metricsEverySteps: {
    anyOf: [
      { type: 'string', const: 'auto' },
      { type: 'integer', minimum: 1 },
    ],
    default: 'auto',
    description:
      'Average the metrics over this many steps; auto takes the smallest power of two that gives at most 5,000 points.',
  },
  snapshotsPerSecond: { type: 'number', minimum: 0, maximum: 10, default: 10 },
  checkpointEverySeconds: { type: 'number', minimum: 0.05, maximum: 86_400, default: 30 },
  keepCheckpoints: {
    type: 'integer',
    minimum: 0,
    maximum: 100,
    default: 1,
    description: 'How many of the newest checkpoints are kept beside the best and the final one.',
  },
} as const satisfies Options;

export type TelemetryJob = Partial<TelemetrySpec>;
export type TelemetrySpec = Filled<typeof TELEMETRY_OPTIONS>;
