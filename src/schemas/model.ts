/** The model of a job: hidden layers, output layer, initial weights. */
import { Type } from 'typebox';
import {
  ACTIVATION_OPTIONS,
  INITIALIZER_OPTIONS,
  LAYER_OPTIONS,
  LIMITS,
  OUTPUT_OPTIONS,
  type InitialWeights,
  type KeptWeights,
  type LayerJob,
  type LayerSpec,
  type LayerType,
  type ModelJob,
  type ModelSpec,
  type OutputLayerJob,
  type OutputLayerSpec,
} from '../vocabulary/index.ts';
import { closed, filled, filledChoice, given, givenChoice, partial, schemaOf } from './build.ts';

const activation = (description: string) => givenChoice(ACTIVATION_OPTIONS, description);
const initializer = (description: string) => givenChoice(INITIALIZER_OPTIONS, description);

const layers = {
  dense: schemaOf<LayerJob<'dense'>>()(
    closed({
      type: Type.Literal('dense'),
      ...given(LAYER_OPTIONS.dense),
      activation: Type.Optional(activation('Default: relu; linear if a layer of type activation follows.')),
      kernelInitializer: Type.Optional(
        initializer('Default: He normal for the ReLU family, LeCun normal for selu, Glorot uniform for the others.'),
      ),
      biasInitializer: Type.Optional(initializer('Default: zeros.')),
    }),
  ),
  activation: schemaOf<LayerJob<'activation'>>()(
    closed({
      type: Type.Literal('activation'),
      activation: activation('The activation of the linear dense layer before it.'),
    }),
  ),
  dropout: schemaOf<LayerJob<'dropout'>>()(closed({ type: Type.Literal('dropout'), ...given(LAYER_OPTIONS.dropout) })),
  alphaDropout: schemaOf<LayerJob<'alphaDropout'>>()(
    closed({ type: Type.Literal('alphaDropout'), ...given(LAYER_OPTIONS.alphaDropout) }),
  ),
  batchNormalization: schemaOf<LayerJob<'batchNormalization'>>()(
    closed({ type: Type.Literal('batchNormalization'), ...given(LAYER_OPTIONS.batchNormalization) }),
  ),
  layerNormalization: schemaOf<LayerJob<'layerNormalization'>>()(
    closed({ type: Type.Literal('layerNormalization'), ...given(LAYER_OPTIONS.layerNormalization) }),
  ),
} satisfies Record<LayerType, unknown>;

const activationSpec = filledChoice(ACTIVATION_OPTIONS, 'With its options filled in.');
const initializerSpec = filledChoice(INITIALIZER_OPTIONS, 'With its options filled in.');
const filledLayers = {
  dense: schemaOf<LayerSpec<'dense'>>()(
    Type.Object({
      type: Type.Literal('dense'),
      ...filled(LAYER_OPTIONS.dense),
      activation: activationSpec,
      kernelInitializer: initializerSpec,
      biasInitializer: initializerSpec,
    }),
  ),
  activation: schemaOf<LayerSpec<'activation'>>()(
    Type.Object({ type: Type.Literal('activation'), activation: activationSpec }),
  ),
  dropout: schemaOf<LayerSpec<'dropout'>>()(
    Type.Object({ type: Type.Literal('dropout'), ...filled(LAYER_OPTIONS.dropout) }),
  ),
  alphaDropout: schemaOf<LayerSpec<'alphaDropout'>>()(
    Type.Object({ type: Type.Literal('alphaDropout'), ...filled(LAYER_OPTIONS.alphaDropout) }),
  ),
  batchNormalization: schemaOf<LayerSpec<'batchNormalization'>>()(
    Type.Object({ type: Type.Literal('batchNormalization'), ...filled(LAYER_OPTIONS.batchNormalization) }),
  ),
  layerNormalization: schemaOf<LayerSpec<'layerNormalization'>>()(
    Type.Object({ type: Type.Literal('layerNormalization'), ...filled(LAYER_OPTIONS.layerNormalization) }),
  ),
} satisfies Record<LayerType, unknown>;

const outputLayer = schemaOf<OutputLayerJob>()(
  closed(
    {
      ...partial(OUTPUT_OPTIONS),
      kernelInitializer: Type.Optional(initializer('Default: glorotUniform.')),
      biasInitializer: Type.Optional(initializer('Default: zeros.')),
    },
    'Activation and initial weights of the output layer.',
  ),
);

const vector = Type.Array(Type.Number());

export const InitialWeightsSchema = schemaOf<InitialWeights>()(
  closed(
    {
      kernels: Type.Array(Type.Array(Type.Array(Type.Number())), {
        description: 'One [in, out] kernel per dense layer, output layer last.',
      }),
      biases: Type.Optional(
        Type.Array(Type.Array(Type.Number()), { description: 'One [out] vector per dense layer; zeros if absent.' }),
      ),
      alphas: Type.Optional(
        Type.Array(Type.Array(Type.Number()), {
          description: 'Slopes of prelu layers; an empty list for every other layer. Lists at the end may be left out.',
        }),
      ),
      normalizations: Type.Optional(
        Type.Array(
          closed({
            gamma: vector,
            beta: vector,
            mean: Type.Optional(vector),
            variance: Type.Optional(vector),
          }),
          {
            description:
              'One per normalisation layer, in their order, with one number per neuron; `mean` and `variance` for batch normalisation only.',
          },
        ),
      ),
    },
    'Weights to start from, instead of random ones.',
  ),
);

/** Weights that are kept apart. */
const KeptWeightsSchema = schemaOf<KeptWeights>()(
  closed(
    {
      hash: Type.String({ description: '`sha256:...` over the weights.' }),
      values: Type.Integer({ description: 'How many there are.' }),
      alphas: Type.Optional(InitialWeightsSchema.properties.alphas),
    },
    `More than ${LIMITS.valuesInJob} weights that came with a job, or with an earlier one: those of a fork too.`,
  ),
);

export const ModelSchema = schemaOf<ModelJob>()(
  closed({
    layers: Type.Array(Type.Unsafe<LayerJob>(Type.Union(Object.values(layers))), {
      minItems: 0,
      maxItems: LIMITS.layers,
      description: 'Hidden layers; the output layer follows from the task.',
    }),
    output: Type.Optional(outputLayer),
    initialWeights: Type.Optional(Type.Union([InitialWeightsSchema, KeptWeightsSchema])),
  }),
);

export const ModelSpecSchema = schemaOf<ModelSpec>()(
  Type.Object({
    layers: Type.Array(Type.Unsafe<LayerSpec>(Type.Union(Object.values(filledLayers))), {
      description: 'Hidden layers; the output layer follows from the task.',
    }),
    output: Type.Optional(
      schemaOf<OutputLayerSpec>()(
        Type.Object(
          { ...filled(OUTPUT_OPTIONS), kernelInitializer: initializerSpec, biasInitializer: initializerSpec },
          { description: 'Activation and initial weights of the output layer. Absent in runs of older versions.' },
        ),
      ),
    ),
    initialWeights: Type.Optional(Type.Union([InitialWeightsSchema, KeptWeightsSchema])),
  }),
);
