/** The verdict: the state of every hidden neuron, from one pass over the training samples with frozen weights. */
import { roleOf } from '../../model/layer-kinds.ts';
import type { LayerHealth, LayerSpec, NeuronHealth, Neurons } from '../../vocabulary/index.ts';
import { firedBound } from '../bounds.ts';
import { boundPreActivations, type PreActivationBounds } from './certificate.ts';
import { continueHistory, countStates } from './life.ts';
import type { DenseWeights, LayerMeasurement, Measurement } from '../../model/measurements.ts';
import { isFiniteNetwork, type InputBox } from './measurements.ts';
import { publishedDefinitions, tauScores } from '../definitions/published-definitions.ts';
import { incomingSquares } from './squares.ts';
import { stateOf } from './state.ts';

export interface JudgeInput {
  step: number;
  measurement: Measurement;
  /** Whether the pass saw every training sample. */
  isComplete: boolean;
  /**
   * [hidden neurons] 1: the neuron did not fire in an earlier pass over every training sample, and has not been seen to
   * fire since.
   */
  isQuiet?: ArrayLike<number>;
  /** [hidden neurons] 1: the neuron fired on none of the samples, but in training, shortly before. */
  isAlive?: ArrayLike<number>;
  /** One per dense layer, output layer last. */
  weights: readonly DenseWeights[];
  /** {@link incomingSquares} of these, if they are at hand. */
  squares?: readonly Float64Array[];
  /** The model's hidden layers, as in its spec. */
  layers: readonly LayerSpec[];
  /** The box of the normalised inputs of all training samples. Without it there are no certificates. */
  box: InputBox | null;
  /** The previous verdict, for the life histories. */
  previous: Neurons | null;
}

/**
 * Pure: the same input gives the same verdict. If weights or measurements are not finite, the verdict is `finite:
 * false` and nothing else.
 */
export function judge({
  step,
  measurement,
  isComplete,
  isQuiet = [],
  isAlive = [],
  weights,
  squares = weights.map(incomingSquares),
  layers,
  box,
  previous,
}: JudgeInput): Neurons {
  const verdict = { object: 'neurons', step, samples: measurement.samples, exact: true } as const;
  if (!isFiniteNetwork(weights, squares, measurement)) return { ...verdict, finite: false, layers: [] };
  // Only a neuron that never fired can be proved dead.
  const bounds =
    box === null || !measurement.layers.some(({ fired }) => Array.from(fired).includes(0))
      ? []
      : boundPreActivations(layers, weights, box);
  const inputsAreZero = findZeroInputs(measurement, layers, weights, box);
  const starts = measurement.layers.map((_, k) =>
    measurement.layers.slice(0, k).reduce((sum, { units }) => sum + units, 0),
  );
  return {
    ...verdict,
    finite: true,
    layers: measurement.layers.map((layer, k) =>
      judgeLayer({
        layer,
        samples: measurement.samples,
        step,
        isSettled: (index) => isComplete || isQuiet[starts[k]! + index] === 1,
        isAlive: (index) => isAlive[starts[k]! + index] === 1,
        dense: weights[k]!,
        incoming: squares[k]!.map(Math.sqrt),
        next: weights[k + 1] ?? null,
        bounds: bounds[k] ?? null,
        isInputZero: inputsAreZero[k]!,
        before: previous?.layers[k]?.neurons ?? [],
        after: previous?.step ?? null,
      }),
    ),
  };
}

interface LayerInput {
  layer: LayerMeasurement;
  samples: number;
  step: number;
  /** Whether the neuron is known to behave on all samples as it did on these. */
  isSettled: (index: number) => boolean;
  /** Whether training has seen it fire shortly before. */
  isAlive: (index: number) => boolean;
  dense: DenseWeights;
  /** L2 norms of every neuron's incoming weights. */
  incoming: Float64Array;
  next: DenseWeights | null;
  bounds: PreActivationBounds | null;
  isInputZero: Uint8Array;
  before: readonly NeuronHealth[];
  /** The step of the previous verdict. */
  after: number | null;
}

function judgeLayer({
  layer,
  samples,
  step,
  isSettled,
  isAlive,
  dense,
  incoming,
  next,
  bounds,
  isInputZero,
  before,
  after,
}: LayerInput): LayerHealth {
  const outgoing = next === null ? null : rowNorms(next);
  const scores = tauScores(layer.sumAbs, samples);
  const neurons = Array.from({ length: layer.units }, (_, index): NeuronHealth => {
    const bound = bounds?.inBox[index] ?? Infinity;
    const isProved = bound <= 0;
    const state = stateOf(layer, index, samples, { isSettled: isSettled(index), isAlive: isAlive(index), isProved });
    const permanent = state === 'dead' && isProved;
    return {
      index,
      state,
      permanent,
      certificate: certificateOf(permanent, bounds?.anyUpstream[index] ?? Infinity),
      firedFraction: layer.fired[index]! / samples,
      firedBound: firedBound(layer.fired[index]!, samples),
      minPreActivation: layer.minPreActivation[index]!,
      maxPreActivation: layer.maxPreActivation[index]!,
      meanAbs: layer.sumAbs[index]! / samples,
      outputRange: layer.maxOutput[index]! - layer.minOutput[index]!,
      gradientZero: layer.maxAbsGradient[index] === 0,
      tauScore: scores[index]!,
      bias: dense.bias[index]!,
      incomingNorm: incoming[index]!,
      outgoingNorm: outgoing?.[index] ?? 0,
      history: continueHistory(before[index], state, step, after),
    };
  });
  return {
    name: layer.name,
    units: layer.units,
    activation: layer.activation,
    counts: countStates(neurons),
    definitions: publishedDefinitions(layer, samples, isInputZero),
    neurons,
  };
}

function certificateOf(permanent: boolean, boundOverAnyUpstream: number): NeuronHealth['certificate'] {
  if (!permanent) return null;
  return boundOverAnyUpstream <= 0 ? 'anyUpstream' : 'inputBox';
}

/**
 * For each hidden layer, which of its inputs are 0 on every sample: features that are always 0, and neurons below that
 * always output 0.
 */
function findZeroInputs(
  { layers: measured }: Measurement,
  layers: readonly LayerSpec[],
  weights: readonly DenseWeights[],
  box: InputBox | null,
): Uint8Array[] {
  const isNormalizedBefore = normalizationBeforeDense(layers);
  return measured.map((_, k) => {
    const below = measured[k - 1];
    const isZero = new Uint8Array(weights[k]!.inputs);
    if (isNormalizedBefore[k]) return isZero;
    return isZero.map((__, i) =>
      Number(below ? below.nonZero[i] === 0 : box !== null && box.low[i] === 0 && box.high[i] === 0),
    );
  });
}

/**
 * For each dense layer, whether a normalisation layer, which shifts zeros away from 0, is between it and the outputs
 * measured below it.
 */
function normalizationBeforeDense(layers: readonly LayerSpec[]): boolean[] {
  const result: boolean[] = [];
  let isNormalized = false;
  for (const layer of layers) {
    switch (roleOf(layer)) {
      case 'weights':
        result.push(isNormalized);
        isNormalized = false;
        break;
      case 'activation':
        isNormalized = false;
        break;
      case 'normalization':
        isNormalized = true;
        break;
      case 'noise':
        break;
    }
  }
  return result;
}

function rowNorms({ inputs, units, kernel }: DenseWeights): Float64Array {
  const norms = new Float64Array(inputs);
  for (let i = 0; i < inputs; i++) {
    let square = 0;
    for (let j = 0; j < units; j++) square += kernel[i * units + j]! ** 2;
    norms[i] = Math.sqrt(square);
  }
  return norms;
}
