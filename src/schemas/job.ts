/** The training job: what a client submits (`Job`) and the same job with every default filled in (`JobSpec`). */
import { Type, type Static, type TObject, type TProperties } from 'typebox';

const strict = { additionalProperties: false } as const;
const object = <P extends TProperties>(properties: P) => Type.Object(properties, strict);

/** Hard limits on one job. They are documented in docs/limits.md and answered with 400 or 413, never by a crash. */
export const LIMITS = {
  bodyBytes: 64 * 1024 * 1024,
  samples: 1_000_000,
  inlineValues: 20_000_000,
  features: 100_000,
  layers: 200,
  units: 16_384,
  parameters: 20_000_000,
  epochs: 1_000_000,
  batchSize: 65_536,
  /**
   * Activations that one batch makes, inputs and outputs included: 200 MB as float32, and the same again for gradients.
   */
  batchValues: 50_000_000,
  steps: 2_000_000_000,
} as const;

/* --- data set ------------------------------------------------------------------------------------------------- */

export const TASKS = ['regression', 'classification', 'multilabel'] as const;
export const TaskSchema = Type.Enum(TASKS);
export type Task = (typeof TASKS)[number];

export const NORMALIZATIONS = ['none', 'standard', 'center', 'minMax'] as const;
export type Normalization = (typeof NORMALIZATIONS)[number];

export const InlineDataSchema = object({
  inputs: Type.Array(Type.Array(Type.Number(), { minItems: 1 }), {
    minItems: 1,
    description: 'Rows of features, [samples, features].',
  }),
  targets: Type.Union([Type.Array(Type.Number()), Type.Array(Type.Array(Type.Number()))], {
    description:
      'Class indices from 0 (classification), numbers or rows of numbers (regression), rows of 0 and 1 (multilabel).',
  }),
  task: TaskSchema,
});
export type InlineData = Static<typeof InlineDataSchema>;

const splitOptions = {
  limit: Type.Integer({
    minimum: 2,
    maximum: LIMITS.samples,
    description: 'Use at most this many samples, a seeded random choice.',
  }),
  validationSplit: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.1,
    description: 'Share held out for validation; stratified for classification.',
  }),
  normalize: Type.Enum(NORMALIZATIONS, {
    default: 'standard',
    description:
      'Fitted on the training part, per feature. standard: mean 0, deviation 1; center: mean 0; minMax: 0 to 1. The pixels of an image share one scale.',
  }),
};

export const DatasetSchema = object({
  name: Type.Optional(Type.String({ description: 'A built-in data set, see GET /v1/datasets.' })),
  id: Type.Optional(Type.String({ description: 'An uploaded data set.' })),
  inputs: Type.Optional(InlineDataSchema.properties.inputs),
  targets: Type.Optional(InlineDataSchema.properties.targets),
  task: Type.Optional(TaskSchema),
  samples: Type.Optional(
    Type.Integer({
      minimum: 4,
      maximum: LIMITS.samples,
      description: 'Synthetic data sets: how many samples to draw. Default 1000.',
    }),
  ),
  noise: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 10,
      description: 'Synthetic data sets: standard deviation of the noise. Default as listed.',
    }),
  ),
  seed: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2 ** 31 - 1,
      description: 'Seed of drawing, choosing and splitting; default training.seed.',
    }),
  ),
  limit: Type.Optional(Type.Union([splitOptions.limit, Type.Null()])),
  validationSplit: Type.Optional(splitOptions.validationSplit),
  normalize: Type.Optional(splitOptions.normalize),
});
export type DatasetJob = Static<typeof DatasetSchema>;

/** A data set reference with every default filled in. Exactly one of `name`, `id`, `inputs` is there. */
export interface DatasetSpec {
  name?: string;
  id?: string;
  inputs?: number[][];
  targets?: number[] | number[][];
  task?: Task;
  samples?: number;
  noise?: number;
  seed: number;
  limit: number | null;
  validationSplit: number;
  normalize: Normalization;
}

/* --- model ---------------------------------------------------------------------------------------------------- */

export const ACTIVATIONS = [
  'relu',
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'gelu',
  'geluTanh',
  'silu',
  'mish',
  'softplus',
  'celu',
  'tanh',
  'sigmoid',
  'linear',
] as const;
export type ActivationName = (typeof ACTIVATIONS)[number];

const alpha = (byDefault: number, description: string) =>
  Type.Optional(Type.Number({ default: byDefault, description }));
/** The options of each activation, `type` aside; an entry without options takes none. */
export const ACTIVATION_OPTIONS = {
  relu: {},
  leakyRelu: { alpha: alpha(0.01, 'Slope for z <= 0.') },
  prelu: { alpha: alpha(0.25, 'First value of the learned slopes, one per neuron.') },
  elu: { alpha: alpha(1, 'Negative saturation value.') },
  selu: {},
  gelu: {},
  geluTanh: {},
  silu: {},
  mish: {},
  softplus: {},
  celu: { alpha: alpha(1, 'Negative saturation value.') },
  tanh: {},
  sigmoid: {},
  linear: {},
} as const satisfies Record<ActivationName, TProperties>;

/** An activation with its options filled in. */
export interface Activation {
  type: ActivationName;
  alpha?: number;
}

export const INITIALIZERS = [
  'heNormal',
  'heUniform',
  'glorotNormal',
  'glorotUniform',
  'lecunNormal',
  'lecunUniform',
  'orthogonal',
  'randomizedAsymmetric',
  'zeros',
  'ones',
  'constant',
  'randomNormal',
  'randomUniform',
] as const;
export type InitializerName = (typeof INITIALIZERS)[number];

export const INITIALIZER_OPTIONS = {
  heNormal: {},
  heUniform: {},
  glorotNormal: {},
  glorotUniform: {},
  lecunNormal: {},
  lecunUniform: {},
  orthogonal: { gain: Type.Optional(Type.Number({ default: 1 })) },
  randomizedAsymmetric: {},
  zeros: {},
  ones: {},
  constant: { value: Type.Number() },
  randomNormal: {
    mean: Type.Optional(Type.Number({ default: 0 })),
    stddev: Type.Optional(Type.Number({ minimum: 0, default: 0.05 })),
  },
  randomUniform: {
    minval: Type.Optional(Type.Number({ default: -0.05 })),
    maxval: Type.Optional(Type.Number({ default: 0.05 })),
  },
} as const satisfies Record<InitializerName, TProperties>;

/** An initializer with its options filled in. */
export interface Initializer {
  type: InitializerName;
  gain?: number;
  value?: number;
  mean?: number;
  stddev?: number;
  minval?: number;
  maxval?: number;
}

type Choice<Options extends Record<string, TProperties>> =
  | Extract<keyof Options, string>
  | { [Name in Extract<keyof Options, string>]: { type: Name } & Static<TObject<Options[Name]>> }[Extract<
      keyof Options,
      string
    >];
/**
 * A choice by name, or by `{ type, ...options }`: one union member per entry of the map, so that OpenAPI follows from
 * the map.
 */
const choice = <Options extends Record<string, TProperties>>(names: readonly string[], options: Options) =>
  Type.Unsafe<Choice<Options>>(
    Type.Union([Type.Enum([...names]), ...names.map((name) => object({ type: Type.Literal(name), ...options[name] }))]),
  );

export const ActivationSchema = choice(ACTIVATIONS, ACTIVATION_OPTIONS);
export const InitializerSchema = choice(INITIALIZERS, INITIALIZER_OPTIONS);

export const LAYER_TYPES = [
  'dense',
  'activation',
  'dropout',
  'alphaDropout',
  'batchNormalization',
  'layerNormalization',
] as const;
export type LayerType = (typeof LAYER_TYPES)[number];

export const LAYER_SCHEMAS = {
  dense: object({
    type: Type.Literal('dense'),
    units: Type.Integer({ minimum: 1, maximum: LIMITS.units }),
    activation: Type.Optional({
      ...ActivationSchema,
      description: 'Default relu; linear where a layer of type activation follows.',
    }),
    kernelInitializer: Type.Optional({
      ...InitializerSchema,
      description: 'Default: He normal for the ReLU family, LeCun normal for selu, Glorot uniform for the rest.',
    }),
    biasInitializer: Type.Optional({ ...InitializerSchema, description: 'Default zeros.' }),
  }),
  activation: object({ type: Type.Literal('activation'), activation: ActivationSchema }),
  dropout: object({ type: Type.Literal('dropout'), rate: Type.Number({ minimum: 0, exclusiveMaximum: 1 }) }),
  alphaDropout: object({ type: Type.Literal('alphaDropout'), rate: Type.Number({ minimum: 0, exclusiveMaximum: 1 }) }),
  batchNormalization: object({
    type: Type.Literal('batchNormalization'),
    momentum: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.9,
        description: 'Share of the old running statistics that each step keeps.',
      }),
    ),
    epsilon: Type.Optional(Type.Number({ exclusiveMinimum: 0, default: 1e-5 })),
  }),
  layerNormalization: object({
    type: Type.Literal('layerNormalization'),
    epsilon: Type.Optional(Type.Number({ exclusiveMinimum: 0, default: 1e-5 })),
  }),
} as const satisfies Record<LayerType, unknown>;

/** A layer as it is submitted. */
export type LayerJob = { [K in LayerType]: Static<(typeof LAYER_SCHEMAS)[K]> }[LayerType];

export type LayerSpec =
  | {
      type: 'dense';
      units: number;
      activation: Activation;
      kernelInitializer: Initializer;
      biasInitializer: Initializer;
    }
  | { type: 'activation'; activation: Activation }
  | { type: 'dropout' | 'alphaDropout'; rate: number }
  | { type: 'batchNormalization'; momentum: number; epsilon: number }
  | { type: 'layerNormalization'; epsilon: number };

export const OutputLayerSchema = object({
  kernelInitializer: Type.Optional({ ...InitializerSchema, description: 'Default glorotUniform.' }),
  biasInitializer: Type.Optional({ ...InitializerSchema, description: 'Default zeros.' }),
});
export interface OutputLayerSpec {
  kernelInitializer: Initializer;
  biasInitializer: Initializer;
}

/** Glorot & Bengio (2010): the output layer is linear before its loss. */
export const DEFAULT_OUTPUT: OutputLayerSpec = {
  kernelInitializer: { type: 'glorotUniform' },
  biasInitializer: { type: 'zeros' },
};

const matrix = Type.Array(Type.Array(Type.Number()));
export const InitialWeightsSchema = object({
  kernels: Type.Array(matrix, { description: 'One [in, out] kernel per dense layer, output layer last.' }),
  biases: Type.Optional(Type.Array(Type.Array(Type.Number()))),
  alphas: Type.Optional(
    Type.Array(Type.Array(Type.Number()), {
      description: 'Slopes of prelu layers; an empty list for every other layer. Lists at the end may be left out.',
    }),
  ),
});
export type InitialWeights = Static<typeof InitialWeightsSchema>;

export const ModelSchema = object({
  layers: Type.Array(Type.Unsafe<LayerJob>(Type.Union(Object.values(LAYER_SCHEMAS))), {
    minItems: 0,
    maxItems: LIMITS.layers,
    description: 'Hidden layers; the output layer follows from the task.',
  }),
  output: Type.Optional({ ...OutputLayerSchema, description: 'First weights of the output layer.' }),
  initialWeights: Type.Optional(InitialWeightsSchema),
});

/** Without `output`, as a run of an older version may be, its defaults hold. */
export interface ModelSpec {
  layers: LayerSpec[];
  output?: OutputLayerSpec;
  initialWeights?: InitialWeights;
}

/* --- training ------------------------------------------------------------------------------------------------- */

export const LOSSES = [
  'softmaxCrossEntropy',
  'sigmoidCrossEntropy',
  'meanSquaredError',
  'meanAbsoluteError',
  'huber',
] as const;
export type LossName = (typeof LOSSES)[number];

export const OPTIMIZERS = ['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

const rate = (byDefault: number) => Type.Optional(Type.Number({ minimum: 0, maximum: 1e6, default: byDefault }));
const unit = (byDefault: number) => Type.Optional(Type.Number({ minimum: 0, exclusiveMaximum: 1, default: byDefault }));
const epsilon = (byDefault: number) =>
  Type.Optional(Type.Number({ minimum: 0, default: byDefault, description: 'Added outside the square root.' }));
const weightDecay = (byDefault: number) => Type.Optional(Type.Number({ minimum: 0, default: byDefault }));
/** Definitions and defaults as in PyTorch's torch.optim; `rho` is RMSprop's alpha there. */
export const OPTIMIZER_OPTIONS = {
  sgd: {
    learningRate: rate(0.01),
    momentum: unit(0),
    nesterov: Type.Optional(Type.Boolean({ default: false })),
    weightDecay: weightDecay(0),
  },
  adam: {
    learningRate: rate(0.001),
    beta1: unit(0.9),
    beta2: unit(0.999),
    epsilon: epsilon(1e-8),
    weightDecay: weightDecay(0),
  },
  adamw: {
    learningRate: rate(0.001),
    beta1: unit(0.9),
    beta2: unit(0.999),
    epsilon: epsilon(1e-8),
    weightDecay: weightDecay(0.01),
  },
  rmsprop: {
    learningRate: rate(0.01),
    rho: unit(0.99),
    momentum: unit(0),
    epsilon: epsilon(1e-8),
    weightDecay: weightDecay(0),
  },
  adagrad: { learningRate: rate(0.01), epsilon: epsilon(1e-10), weightDecay: weightDecay(0) },
} as const satisfies Record<OptimizerName, TProperties>;
export const OptimizerSchema = choice(OPTIMIZERS, OPTIMIZER_OPTIONS);

/** An optimizer with its options filled in; options that do not apply to `type` are absent. */
export interface OptimizerSpec {
  type: OptimizerName;
  learningRate: number;
  weightDecay: number;
  momentum?: number;
  nesterov?: boolean;
  beta1?: number;
  beta2?: number;
  rho?: number;
  epsilon?: number;
}

export const SCHEDULES = ['constant', 'step', 'exponential', 'cosine', 'linear', 'reduceOnPlateau'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

const warmupSteps = Type.Optional(
  Type.Integer({ minimum: 0, default: 0, description: 'The rate rises linearly from 0 over these first steps.' }),
);
const share = (byDefault: number, description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: byDefault, description }));
export const SCHEDULE_OPTIONS = {
  constant: { warmupSteps },
  step: {
    warmupSteps,
    stepSize: Type.Integer({ minimum: 1, description: 'Steps between two reductions.' }),
    gamma: share(0.1, 'Factor of each reduction.'),
  },
  exponential: { warmupSteps, gamma: share(0.95, 'Factor per epoch.') },
  cosine: { warmupSteps, minimumFactor: share(0, 'Share of the rate left at the last step.') },
  linear: { warmupSteps, minimumFactor: share(0, 'Share of the rate left at the last step.') },
  reduceOnPlateau: {
    warmupSteps,
    factor: share(0.1, 'Factor of each reduction.'),
    patience: Type.Optional(
      Type.Integer({ minimum: 0, default: 10, description: 'Epochs without improvement before a reduction.' }),
    ),
    minDelta: Type.Optional(
      Type.Number({
        minimum: 0,
        default: 1e-4,
        description: 'Improvement of the validation loss (else training loss) that counts.',
      }),
    ),
    cooldown: Type.Optional(
      Type.Integer({ minimum: 0, default: 0, description: 'Epochs after a reduction during which none is counted.' }),
    ),
    minLearningRate: Type.Optional(Type.Number({ minimum: 0, default: 0 })),
  },
} as const satisfies Record<ScheduleName, TProperties>;
export const ScheduleSchema = choice(SCHEDULES, SCHEDULE_OPTIONS);

export interface ScheduleSpec {
  type: ScheduleName;
  warmupSteps: number;
  stepSize?: number;
  gamma?: number;
  minimumFactor?: number;
  factor?: number;
  patience?: number;
  minDelta?: number;
  cooldown?: number;
  minLearningRate?: number;
}

export const ENGINES = ['onnx', 'tensorflow'] as const;
export type EngineName = (typeof ENGINES)[number];

export const TrainingSchema = object({
  epochs: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.epochs, default: 10 })),
  batchSize: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.batchSize,
      default: 32,
      description: 'The last partial batch of an epoch is trained on too.',
    }),
  ),
  seed: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, description: 'Drawn at random where absent, and returned.' }),
  ),
  shuffle: Type.Optional(Type.Boolean({ default: true })),
  loss: Type.Optional(Type.Enum(['auto', ...LOSSES], { default: 'auto' })),
  optimizer: Type.Optional(OptimizerSchema),
  schedule: Type.Optional(ScheduleSchema),
  clipNorm: Type.Optional(
    Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
      default: null,
      description: 'Largest L2 norm of the whole gradient.',
    }),
  ),
});

export interface TrainingSpec {
  epochs: number;
  batchSize: number;
  seed: number;
  shuffle: boolean;
  loss: LossName;
  optimizer: OptimizerSpec;
  schedule: ScheduleSpec;
  clipNorm: number | null;
}

export const TelemetrySchema = object({
  metricsEverySteps: Type.Optional(
    Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1 })], { default: 'auto' }),
  ),
  snapshotsPerSecond: Type.Optional(Type.Number({ minimum: 0, maximum: 10, default: 10 })),
  checkpointEverySeconds: Type.Optional(Type.Number({ minimum: 0.05, maximum: 86_400, default: 30 })),
});
export interface TelemetrySpec {
  metricsEverySteps: 'auto' | number;
  snapshotsPerSecond: number;
  checkpointEverySeconds: number;
}

/* --- the whole ------------------------------------------------------------------------------------------------ */

export const MetadataSchema = Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 512 }), {
  maxProperties: 16,
  propertyNames: { type: 'string', maxLength: 64 },
});

export const labels = {
  name: Type.String({ maxLength: 200 }),
  experiment: Type.String({ maxLength: 100 }),
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32 }),
  notes: Type.String({ maxLength: 20_000 }),
  metadata: MetadataSchema,
};

export const JobSchema = object({
  name: Type.Optional(labels.name),
  experiment: Type.Optional(labels.experiment),
  tags: Type.Optional(labels.tags),
  notes: Type.Optional(labels.notes),
  metadata: Type.Optional(labels.metadata),
  dataset: DatasetSchema,
  model: ModelSchema,
  training: Type.Optional(TrainingSchema),
  telemetry: Type.Optional(TelemetrySchema),
  engine: Type.Optional(Type.Enum(['auto', ...ENGINES], { default: 'auto' })),
  priority: Type.Optional(
    Type.Integer({ minimum: -1000, maximum: 1000, default: 0, description: 'Higher runs first.' }),
  ),
});
export type Job = Static<typeof JobSchema>;

/** The job with every default filled in: submitting it again repeats the run exactly. */
export interface JobSpec {
  name: string;
  experiment: string;
  tags: string[];
  notes: string;
  metadata: Record<string, string>;
  dataset: DatasetSpec;
  model: ModelSpec;
  training: TrainingSpec;
  telemetry: TelemetrySpec;
  engine: 'auto' | EngineName;
  priority: number;
}
