/** Verdicts on networks of any size. */
import { countStates } from '../../src/neurons/verdict/life.ts';
import type { LayerHealth, NeuronHealth, Neurons } from '../../src/vocabulary/index.ts';

/** Every tenth neuron has died at step 5, the others are active. */
export const largeVerdict = (step: number, units: readonly number[]): Neurons => ({
  object: 'neurons',
  step,
  samples: 100,
  exact: true,
  finite: true,
  layers: units.map((count, i) => layerOf(`dense_${i + 1}`, count)),
});

function layerOf(name: string, units: number): LayerHealth {
  const neurons = Array.from({ length: units }, (_, index) => neuronOf(index));
  return {
    name,
    units,
    activation: 'relu',
    counts: countStates(neurons),
    definitions: { kerasContrib: 0, sagemaker: 0, dohare: 0, tauDormant: 0, autotrainer: 0 },
    neurons,
  };
}

function neuronOf(index: number): NeuronHealth {
  const isDead = index % 10 === 3;
  return {
    index,
    state: isDead ? 'dead' : 'active',
    permanent: false,
    certificate: null,
    firedFraction: isDead ? 0 : 0.5,
    firedBound: 0.03,
    minPreActivation: -1,
    maxPreActivation: null,
    meanAbs: 0.25,
    outputRange: 1,
    gradientZero: isDead,
    tauScore: index,
    bias: 0.1,
    incomingNorm: 1,
    outgoingNorm: 2,
    history: isDead ? [{ type: 'died', step: 5, after: 4 }] : [],
  };
}
