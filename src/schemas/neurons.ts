/** The health of every hidden neuron. */
import { Type } from 'typebox';
import {
  ACTIVATIONS,
  CERTIFICATES,
  LIFE_EVENT_TYPES,
  NEURON_STATES,
  type LayerHealth,
  type LifeEvent,
  type NeuronHealth,
  type NeuronsAnswer,
  type NeuronState,
  type PublishedDefinitions,
} from '../vocabulary/index.ts';
import { nullable, schemaOf } from './build.ts';

/** z is the pre-activation. */
const STATE_DESCRIPTIONS: Record<NeuronState, string> = {
  active: 'Fires (z > 0) on at least 1 % of the samples.',
  rare: 'Fires, but on less than 1 % of the samples.',
  silent: 'Never fires; its output or its gradient is not zero on every sample.',
  dead: 'Never fires, and the gradient of its incoming weights is zero on every sample.',
  stuck: 'z <= 0 on every sample, with output and gradient that are not zero (leaky, PReLU, ELU, SELU ...).',
  constant: 'The output is the same on every sample, but not zero.',
  saturated: 'tanh, sigmoid: in the flat tail on every sample.',
};

const number = (description?: string) => Type.Number(description === undefined ? {} : { description });
const measured = (description: string) => nullable(Type.Number(), description);

const lifeEvent = schemaOf<LifeEvent>()(
  Type.Object({
    type: Type.Enum([...LIFE_EVENT_TYPES]),
    step: Type.Integer({ description: 'The step of the verdict that first saw it.' }),
    after: Type.Optional(
      Type.Integer({ description: 'The step of the verdict before: it happened between the two. Not for bornDead.' }),
    ),
  }),
);

const neuron = schemaOf<NeuronHealth>()(
  Type.Object({
    index: Type.Integer({ description: 'Position in the layer, from 0.' }),
    state: Type.Enum([...NEURON_STATES], {
      description: NEURON_STATES.map((state) => `${state}: ${STATE_DESCRIPTIONS[state]}`).join(' '),
    }),
    permanent: Type.Boolean({
      description: 'Dead, and proved dead for every input within the range of the training data.',
    }),
    certificate: nullable(
      Type.Enum([...CERTIFICATES]),
      'How far the proof reaches. inputBox: with the current weights; a change in a layer below can still revive the neuron. anyUpstream: whatever the layers below change to.',
    ),
    firedFraction: number('Share of the samples with z > 0.'),
    firedBound: number('Upper 95 % bound of the firing rate: 3 / samples if the neuron never fired.'),
    minPreActivation: measured('Smallest z over the samples.'),
    maxPreActivation: measured('Largest z over the samples.'),
    meanAbs: measured('Mean of |output| over the samples.'),
    outputRange: measured('Largest output minus smallest output.'),
    gradientZero: Type.Boolean({ description: 'The gradient of the incoming weights is zero on every sample.' }),
    tauScore: measured('Dormancy score of Sokar et al. (2023): meanAbs over the mean of the layer.'),
    bias: number(),
    incomingNorm: number('L2 norm of the incoming weights.'),
    outgoingNorm: number('L2 norm of the outgoing weights.'),
    history: Type.Array(lifeEvent),
  }),
);

const definitions = schemaOf<PublishedDefinitions>()(
  Type.Object(
    {
      kerasContrib: number('keras-contrib DeadReluDetector: neurons whose output is 0 on every sample.'),
      sagemaker: number('Amazon SageMaker Debugger: neurons below its activity threshold.'),
      dohare: number('Dohare et al. (2024): dormant units.'),
      tauDormant: number('Sokar et al. (2023): tau-dormant neurons.'),
      autotrainer: number('AUTOTRAINER: share of gradients that are exactly zero.'),
    },
    { description: 'Other published definitions, each as a count of neurons in the layer unless it says otherwise.' },
  ),
);

const layer = schemaOf<LayerHealth>()(
  Type.Object({
    name: Type.String({ examples: ['dense_1'] }),
    units: Type.Integer(),
    activation: Type.Enum([...ACTIVATIONS]),
    counts: Type.Unsafe<Record<NeuronState, number>>(
      Type.Object(
        Object.fromEntries(
          NEURON_STATES.map((state) => [state, Type.Integer({ description: STATE_DESCRIPTIONS[state] })]),
        ),
        { description: 'Neurons of the whole layer in each state.' },
      ),
    ),
    definitions: nullable(definitions, 'Null for an estimate.'),
    neurons: Type.Array(neuron),
  }),
);

export const NeuronsAnswerSchema = schemaOf<NeuronsAnswer>()(
  Type.Object(
    {
      object: Type.Literal('neurons'),
      step: Type.Integer({ description: 'The step at which the verdict was taken.' }),
      samples: Type.Integer({ description: 'The number of samples that the verdict used.' }),
      exact: Type.Boolean({
        description: 'True for a full pass with frozen weights; false for an estimate from running counters.',
      }),
      finite: Type.Boolean({ description: 'False if weights are not finite. Nothing else was computed then.' }),
      layers: Type.Array(layer),
      hasMore: Type.Boolean({ description: 'There are more neurons, behind `nextCursor`.' }),
      nextCursor: nullable(Type.String()),
    },
    { description: 'Health of every hidden layer and neuron.' },
  ),
);
