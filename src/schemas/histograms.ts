/** What verdicts keep of the values in each dense layer. */
import { Type } from 'typebox';
import {
  HISTOGRAM_BINS,
  HISTOGRAM_KINDS,
  type Histogram,
  type HistogramsAnswer,
  type LayersAnswer,
  type LayerSizes,
} from '../vocabulary/index.ts';
import { nullable, schemaOf } from './build.ts';

const figure = (description: string) => nullable(Type.Number(), `${description} Null if no value is finite.`);

const histogram = schemaOf<Histogram>()(
  Type.Object({
    count: Type.Integer({
      description: 'Values that were looked at: all, or 4,096 that are spread evenly over a larger tensor.',
    }),
    zeros: Type.Integer({ description: 'Values that are exactly 0. They are in no bin.' }),
    nonFinite: Type.Integer({ description: 'Values that are not finite. They are in no bin.' }),
    range: Type.Number({
      description: `The bins have equal widths from -range to range: the smallest power of two that no value exceeds; 0 if all are 0.`,
    }),
    counts: Type.Array(Type.Integer(), { description: `Values per bin, ${HISTOGRAM_BINS} bins.` }),
    minimum: figure('The smallest value.'),
    maximum: figure('The largest value.'),
    mean: figure('Zeros included.'),
    deviation: figure('Standard deviation, zeros included.'),
  }),
);

const steps = Type.Array(Type.Integer(), { description: 'The steps of the verdicts, in order.' });

export const HistogramsAnswerSchema = schemaOf<HistogramsAnswer>()(
  Type.Object({
    object: Type.Literal('histograms'),
    runId: Type.String(),
    bins: Type.Integer(),
    steps,
    samples: Type.Array(Type.Integer(), { description: 'Samples behind gradients and activations, by step.' }),
    layers: Type.Array(
      Type.Object({
        name: Type.String({ examples: ['dense_1', 'output'] }),
        kind: Type.Enum([...HISTOGRAM_KINDS], {
          description:
            'weights: of the kernel. gradients: of the mean loss over the samples, with respect to the kernel. activations: outputs of the neurons, hidden layers only.',
        }),
        histograms: Type.Array(nullable(histogram), { description: 'One per step.' }),
      }),
    ),
  }),
);

const perVerdict = (description: string) =>
  Type.Array(nullable(Type.Number()), { description: `${description} One per step; null if it was not measured.` });

const sizes = schemaOf<LayerSizes>()(
  Type.Object({
    name: Type.String(),
    weightNorm: perVerdict('L2 norm of kernel and bias together.'),
    gradientNorm: perVerdict(
      'L2 norm of the gradient of the mean loss over a few training samples, with respect to kernel and bias.',
    ),
    updateRatio: perVerdict('|change| / |weights| of the one step after the verdict before.'),
    meanAbsGradient: perVerdict(
      'Mean |dLoss/dz| per sample and neuron: of the pre-activations, not a norm of the gradient of the weights.',
    ),
  }),
);
export const LayersAnswerSchema = schemaOf<LayersAnswer>()(
  Type.Object({
    object: Type.Literal('layers'),
    runId: Type.String(),
    steps,
    layers: Type.Array(sizes, { description: 'Dense layers, the output layer last.' }),
  }),
);
