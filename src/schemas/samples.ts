/** Samples of a run's data, and what its model makes of them. */
import { Type } from 'typebox';
import {
  DATA_PARTS,
  TASKS,
  type ConfusionAnswer,
  type SampleColumn,
  type SamplesAnswer,
  type SampleValue,
} from '../vocabulary/index.ts';
import { nullable, schemaOf } from './build.ts';

const part = Type.Enum([...DATA_PARTS], { description: 'The part of the data that the samples are from.' });
const names = (description: string) => Type.Array(Type.String(), { description });

const value = schemaOf<SampleValue>()(
  Type.Union([Type.Number(), Type.String(), Type.Array(Type.Number()), Type.Null()]),
);
const column = schemaOf<SampleColumn>()(
  Type.Object({
    name: Type.String(),
    width: Type.Integer({ description: 'Values per sample.' }),
    shape: Type.Optional(Type.Array(Type.Integer(), { description: 'Of a wide column: [28, 28] for an image.' })),
  }),
);

export const ConfusionAnswerSchema = schemaOf<ConfusionAnswer>()(
  Type.Object({
    object: Type.Literal('confusion'),
    runId: Type.String(),
    step: Type.Integer({ description: 'The step of the checkpoint.' }),
    part,
    classes: names('The names of the classes.'),
    counts: Type.Array(Type.Array(Type.Integer()), {
      description: 'Samples by actual class (row) and predicted class (column).',
    }),
    samples: Type.Integer({ description: 'Samples that were counted.' }),
    of: Type.Integer({
      description: 'Samples of the part. Of a large part, as many as fit are counted, spread evenly over it.',
    }),
    columns: Type.Array(column, { description: 'The columns of the samples.' }),
    cell: nullable(
      Type.Object({
        actual: Type.Integer(),
        predicted: Type.Integer(),
        samples: Type.Array(
          Type.Object({
            index: Type.Integer({
              description:
                'Among the samples that the run uses, from 0: the row of the data where neither dataset.limit nor a recipe left any out.',
            }),
            row: Type.Record(Type.String(), value, {
              description: 'By column: a number, a category, a time, or the list of values of a wide column.',
            }),
            probabilities: Type.Array(Type.Number(), { description: 'By class.' }),
          }),
        ),
      }),
      'The samples of one cell, those first that the model is surest of; null if none was asked for.',
    ),
  }),
);

export const SamplesAnswerSchema = schemaOf<SamplesAnswer>()(
  Type.Object({
    object: Type.Literal('samples'),
    runId: Type.String(),
    part,
    task: Type.Enum([...TASKS]),
    inputs: names('The names of the inputs of the network.'),
    outputs: names('The names of its outputs: classes, labels or targets.'),
    features: Type.Array(Type.Array(Type.Number()), {
      description: '[samples, inputs], as `predict` takes them: before normalisation.',
    }),
    targets: Type.Union([Type.Array(Type.Number()), Type.Array(Type.Array(Type.Number()))], {
      description: 'Class indices, or rows of numbers.',
    }),
    of: Type.Integer({ description: 'Samples of the part, over which these are spread evenly.' }),
  }),
);
