/** Live estimates between two verdicts, from the counters that run during training. */
import type { LayerHealth, NeuronHealth, Neurons, NeuronState } from '../../vocabulary/index.ts';
import { firedBound } from '../bounds.ts';
import { countStates } from './life.ts';
import { tauScores } from '../definitions/published-definitions.ts';
import { RARE_BELOW } from './state.ts';
import type { RunningCounters } from './measurements.ts';

/**
 * The weights changed while these samples were counted, so this is not a verdict: a neuron is active, rare or silent,
 * and everything that needs a full pass (extremes, range, certificate) is null. Histories, biases and norms are those
 * of the last verdict.
 */
export function estimate(last: Neurons, step: number, counters: RunningCounters): Neurons {
  const { samples } = counters;
  const head = { object: 'neurons', step, samples, exact: false } as const;
  if (!last.finite || samples === 0 || !isFinite(counters))
    return { ...head, finite: last.finite && samples === 0, layers: [] };
  let start = 0;
  const layers = last.layers.map((layer): LayerHealth => {
    const offset = start;
    start += layer.units;
    const scores = tauScores(Array.prototype.slice.call(counters.sumAbs, offset, start) as number[], samples);
    const neurons = layer.neurons.map((before, index): NeuronHealth => {
      const fired = counters.fired[offset + index]!;
      return {
        ...before,
        state: estimatedState(
          fired,
          samples,
          before,
          layer.activation === 'tanh' || layer.activation === 'sigmoid' || layer.activation === 'linear',
        ),
        permanent: false,
        certificate: null,
        firedFraction: fired / samples,
        firedBound: firedBound(fired, samples),
        minPreActivation: null,
        maxPreActivation: null,
        outputRange: null,
        meanAbs: counters.sumAbs[offset + index]! / samples,
        gradientZero: counters.sumAbsGradient[offset + index] === 0,
        tauScore: scores[index]!,
      };
    });
    return {
      name: layer.name,
      units: layer.units,
      activation: layer.activation,
      counts: countStates(neurons),
      definitions: null,
      neurons,
    };
  });
  return { ...head, finite: true, layers };
}

/**
 * Counters show whether a neuron fired. A state that only a full pass can find is kept until the counters contradict
 * it.
 */
function estimatedState(fired: number, samples: number, before: NeuronHealth, isSymmetric: boolean): NeuronState {
  if (isSymmetric) return before.state;
  if (fired === 0) return before.state === 'stuck' || before.state === 'constant' ? before.state : 'silent';
  if (before.state === 'constant') return 'constant';
  return fired < RARE_BELOW * samples ? 'rare' : 'active';
}

const isFinite = ({ sumAbs, sumAbsGradient }: RunningCounters): boolean => {
  for (let i = 0; i < sumAbs.length; i++) if (!Number.isFinite(sumAbs[i]! + sumAbsGradient[i]!)) return false;
  return true;
};
