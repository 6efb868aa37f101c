/** What the REST routes answer, beside runs and neurons. */
import { Type, type Static, type TSchema } from 'typebox';
import type { JobSpec } from './job.ts';
import type { Diagnosis, Neurons, Risk } from './neurons.ts';
import { EngineInfoSchema } from './run.ts';

export const ErrorAnswerSchema = Type.Object({
  error: Type.Object({
    code: Type.String({ examples: ['RUN_NOT_FOUND'] }),
    message: Type.String(),
    details: Type.Array(
      Type.Object({
        path: Type.String({ examples: ['training.optimizer.learningRate'] }),
        message: Type.String(),
        expected: Type.Optional(Type.String()),
      }),
    ),
  }),
});
export type ErrorAnswer = Static<typeof ErrorAnswerSchema>;

export interface List<T> {
  object: 'list';
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}
export const listOf = <S extends TSchema>(item: S) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(item),
    hasMore: Type.Boolean(),
    nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Pass it as `after` to get the next page.' }),
  });

export interface ValidationAnswer {
  object: 'validation';
  spec: JobSpec;
  risk?: Risk;
}
export const ValidationAnswerSchema = Type.Object({
  object: Type.Literal('validation'),
  spec: Type.Unsafe<JobSpec>({
    type: 'object',
    additionalProperties: true,
    description: 'The job with every default filled in.',
  }),
  risk: Type.Optional(
    Type.Unsafe<Risk>({ type: 'object', additionalProperties: true, description: 'How likely neurons are born dead.' }),
  ),
});

const number = Type.Union([Type.Number(), Type.Null()]);
export const MetricsAnswerSchema = Type.Object({
  object: Type.Literal('metrics'),
  runId: Type.String(),
  series: Type.Record(Type.String(), Type.Object({ steps: Type.Array(Type.Number()), values: Type.Array(number) })),
});
export type MetricsAnswer = Static<typeof MetricsAnswerSchema>;

export const EventSchema = Type.Object({
  seq: Type.Integer(),
  type: Type.Literal('event'),
  step: Type.Integer(),
  at: Type.String(),
  event: Type.Object({
    code: Type.String(),
    level: Type.Enum(['info', 'warning', 'critical']),
    message: Type.String(),
    layer: Type.Optional(Type.String()),
    neuron: Type.Optional(Type.Integer()),
    data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
});

export const CheckpointSchema = Type.Object({
  step: Type.Integer(),
  epoch: Type.Integer(),
  bytes: Type.Integer(),
  isFinal: Type.Boolean({ description: 'Taken at the end of the run.' }),
  createdAt: Type.String(),
});

export type CheckpointInfo = Static<typeof CheckpointSchema>;

export const EngineListingSchema = Type.Interface([EngineInfoSchema], {
  available: Type.Boolean(),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it is not available.' }),
});

export const HealthSchema = Type.Object({
  status: Type.Enum(['ok', 'unavailable']),
  checks: Type.Optional(Type.Record(Type.String(), Type.String())),
});

export const NeuronsAnswerSchema = Type.Unsafe<Neurons>({
  type: 'object',
  additionalProperties: true,
  description: 'Health of every hidden layer and neuron.',
});
export const DiagnosisAnswerSchema = Type.Unsafe<Diagnosis>({
  type: 'object',
  additionalProperties: true,
  description: 'Findings with their likely causes, and advice with a merge patch on the spec.',
});

export const MODEL_FORMATS = ['json', 'tfjs', 'onnx'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];
/** The two files from which TensorFlow.js loads a model by its address; the first one names the second. */
export const TFJS_FILES = ['model.json', 'weights.bin'] as const;
export type ModelFile = ModelFormat | (typeof TFJS_FILES)[number];

export const UploadSchema = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    inputs: Type.Array(Type.Array(Type.Number()), { description: 'Rows of features, [samples, features].' }),
    targets: Type.Union([Type.Array(Type.Number()), Type.Array(Type.Array(Type.Number()))], {
      description: 'Class indices from 0, numbers or rows of numbers, or rows of 0 and 1, by task.',
    }),
    task: Type.Enum(['regression', 'classification', 'multilabel']),
  },
  { additionalProperties: false },
);
export type Upload = Static<typeof UploadSchema>;

export const PredictBodySchema = Type.Object(
  {
    inputs: Type.Array(Type.Array(Type.Number()), {
      description: 'Rows of raw features, as in the data set: [n, features].',
    }),
  },
  { additionalProperties: false },
);
export const PredictionSchema = Type.Object({
  object: Type.Literal('prediction'),
  step: Type.Integer({ description: 'The step of the checkpoint that answered.' }),
  outputs: Type.Array(Type.Array(Type.Number()), {
    description: 'Per row: probabilities of the classes or labels, or the values of a regression.',
  }),
});
export type Prediction = Static<typeof PredictionSchema>;
