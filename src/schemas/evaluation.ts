/** The evaluation of a run: how good its network is on data. */
import { Type } from 'typebox';
import { CONFUSION_CLASSES, DATA_PARTS, type EvaluationAnswer } from '../vocabulary/index.ts';
import { nullable, schemaOf } from './build.ts';

const share = (description: string) => nullable(Type.Number(), description);

const scores = {
  part: Type.Enum([...DATA_PARTS], {
    description: 'The validation part, or the training part of a run without one; or the test part.',
  }),
  samples: Type.Integer({
    description: 'Evaluated samples. Of a large training part of a short run, a random choice is evaluated.',
  }),
  loss: share("Mean loss, in the unit of the run's losses. Null if it was not finite."),
  accuracy: share('From 0 to 1; null for regression.'),
  r2: share(
    "Regression: coefficient of determination in the targets' own unit, mean over the outputs that are not constant.",
  ),
  macroF1: share('Mean of F1 over the classes or labels; those that are 0 of 0 are left out. Null for regression.'),
  classes: nullable(
    Type.Array(
      Type.Object({
        class: Type.Integer({ description: 'The class or the label, from 0.' }),
        name: Type.Optional(Type.String({ description: 'Absent in runs of earlier versions.' })),
        samples: Type.Integer({ description: 'Samples that belong to it.' }),
        predicted: Type.Integer({ description: 'Samples that the network puts into it.' }),
        correct: Type.Integer({ description: 'Samples that are both.' }),
        recall: share('correct / samples; null for 0 of 0.'),
        precision: share('correct / predicted; null for 0 of 0.'),
        f1: share('2 correct / (samples + predicted); null for 0 of 0.'),
      }),
    ),
    'Every class or label; null for regression.',
  ),
  confusion: nullable(
    Type.Array(Type.Array(Type.Integer())),
    `Samples by their class (rows) and the predicted one (columns), in the order of \`classes\`. Null for labels, regression, more than ${CONFUSION_CLASSES} classes, and in runs of earlier versions.`,
  ),
};

export const EvaluationAnswerSchema = schemaOf<EvaluationAnswer>()(
  Type.Object({
    object: Type.Literal('evaluation'),
    runId: Type.String(),
    step: Type.Integer({ description: 'The step whose weights were evaluated.' }),
    ...scores,
    test: nullable(
      Type.Object(scores),
      'The same on the test rows of a data set that has some, once, at the end of training. Null before that.',
    ),
  }),
);
