/** Responses of the REST routes that are not resources. */
import { Type, type TSchema } from 'typebox';
import {
  CHECKPOINT_CHOICES,
  STATUS_BY_CODE,
  type ErrorAnswer,
  type ForkJob,
  type MetricsAnswer,
  type Prediction,
  type ValidationAnswer,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';
import { RiskSchema } from './diagnosis.ts';
import { JobSpecSchema } from './job.ts';
import { Step } from './parameters.ts';

export const ErrorAnswerSchema = schemaOf<ErrorAnswer>()(
  Type.Object({
    error: Type.Object({
      code: Type.Unsafe<keyof typeof STATUS_BY_CODE>({ type: 'string', enum: Object.keys(STATUS_BY_CODE) }),
      message: Type.String(),
      details: Type.Array(
        Type.Object({
          path: Type.String({ examples: ['training.optimizer.learningRate'] }),
          message: Type.String(),
          expected: Type.Optional(Type.String()),
          line: Type.Optional(Type.Integer({ description: 'Of a file, from 1 on.' })),
          column: Type.Optional(Type.String({ description: 'Of a file: its name, or its number from 1 on.' })),
        }),
      ),
    }),
  }),
);

export const listOf = <S extends TSchema>(item: S) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(item),
    hasMore: Type.Boolean(),
    nextCursor: nullable(Type.String(), 'Pass it as `after` to get the next page.'),
  });

export const ValidationAnswerSchema = schemaOf<ValidationAnswer>()(
  Type.Object({
    object: Type.Literal('validation'),
    spec: JobSpecSchema,
    risk: Type.Optional(RiskSchema),
  }),
);

export const MetricsAnswerSchema = schemaOf<MetricsAnswer>()(
  Type.Object({
    object: Type.Literal('metrics'),
    runId: Type.String(),
    series: Type.Record(
      Type.String(),
      Type.Object({
        steps: Type.Array(Type.Number()),
        values: Type.Array(nullable(Type.Number()), { description: 'Null if a value was not finite.' }),
        every: Type.Optional(
          Type.Integer({
            minimum: 2,
            description:
              'Each value is a mean over a window of this many steps that ends at its step. Windows end at the multiples of this number and at the last step; draw a value at the middle of its window.',
          }),
        ),
        of: Type.Optional(
          Type.Integer({ description: 'How many points there are in the range, if not all of them are here.' }),
        ),
        smoothed: Type.Optional(
          Type.Array(nullable(Type.Number()), {
            description: 'With `smoothing`: the smoothed curve at the same steps, made from all points.',
          }),
        ),
      }),
      { description: 'By metric key: loss, valLoss, activeFraction/dense_1 ...' },
    ),
    times: Type.Optional(
      Type.Object(
        {
          steps: Type.Array(Type.Number()),
          at: Type.Array(Type.Number(), { description: 'Milliseconds since 1970, UTC.' }),
        },
        { description: 'With `times`: when the run was at which step, as it reported. Both ascend.' },
      ),
    ),
  }),
);

export const HealthSchema = Type.Object({
  status: Type.Enum(['ok', 'unavailable']),
  checks: Type.Optional(Type.Record(Type.String(), Type.String())),
});

/** A checkpoint of a run by its name or its step. */
export const checkpointChoice = (description: string) =>
  Type.Union([Type.Enum([...CHECKPOINT_CHOICES]), Step], {
    default: 'final',
    description,
  });

export const ForkJobSchema = schemaOf<ForkJob>()(
  closed({
    checkpoint: Type.Optional(
      checkpointChoice(
        'Whose weights the new run starts from: the best or the newest checkpoint, or the one at this step.',
      ),
    ),
    patch: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        default: {},
        description: "A JSON merge patch (RFC 7396) on the run's spec. The shapes of all layers must stay as they are.",
      }),
    ),
  }),
);

export const PredictBodySchema = closed({
  inputs: Type.Optional(
    Type.Array(Type.Array(Type.Number()), {
      description: 'Rows of inputs: [n, features]. Categories and dates as numbers, in the order of the inputs.',
    }),
  ),
  rows: Type.Optional(
    Type.Array(Type.Record(Type.String(), Type.Unknown()), {
      description:
        'Rows by the names of the columns of the data set, as in its files. A missing value (null, or no entry) gets what the training filled in. Columns that are no inputs may be there too.',
    }),
  ),
});
export const PredictionSchema = schemaOf<Prediction>()(
  Type.Object({
    object: Type.Literal('prediction'),
    step: Type.Integer({ description: 'The step of the checkpoint that was used.' }),
    outputs: Type.Array(Type.Array(Type.Number()), {
      description: 'Per row: probabilities of the classes or labels, or the values of a regression.',
    }),
    outputNames: Type.Array(Type.String(), {
      description: 'The names of the outputs, in order: classes, labels, or targets of a regression.',
    }),
    classes: Type.Optional(
      Type.Array(Type.String(), { description: 'The same names, where they are classes or labels.' }),
    ),
    labels: Type.Optional(
      Type.Union([Type.Array(Type.String()), Type.Array(Type.Array(Type.String()))], {
        description:
          'Per row: the name of the most probable class; for several labels, the names of those with at least 0.5.',
      }),
    ),
  }),
);
