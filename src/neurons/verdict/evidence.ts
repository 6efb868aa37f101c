/** What is recorded with each verdict to explain deaths later: the training since the previous verdict. */
import type { NeuronHealth, Neurons } from '../../vocabulary/index.ts';
import type { DataFacts, DataFigures } from './data-facts.ts';
import type { DenseWeights } from '../../model/measurements.ts';
import { incomingSquares, movedSquares, sum } from './squares.ts';
import { isInactive } from './state.ts';

/** The steps between two verdicts. Losses and norms that are not finite are null. */
export interface TrainingWindow {
  fromStep: number;
  steps: number;
  maxLearningRate: number;
  meanGradientNorm: number | null;
  maxGradientNorm: number | null;
  maxGradientNormStep: number | null;
  firstLoss: number | null;
  lastLoss: number | null;
  meanLoss: number | null;
  maxLoss: number | null;
  /** First step whose loss or gradient was not finite. */
  nonFiniteStep: number | null;
}

/**
 * A neuron that became inactive in the window. Shifts are changes of its mean pre-activation z = w x + b from one
 * verdict to the next.
 */
export interface DeathEvidence {
  neuron: number;
  /** Its largest pre-activation at the previous verdict: how far z had to fall. Null if unknown. */
  margin: number | null;
  /** |change of (w, b)| / |(w, b) before|; 1 if (w, b) was zero before. */
  relativeUpdate: number;
  /**
   * The layer's median of the same. It shows whether the whole layer moved or only this neuron's weights were small.
   */
  layerUpdate: number;
  biasChange: number;
  /** By the neuron's own update: dw x + db, with x the mean input at the previous verdict. */
  ownShift: number;
  /** By the change of the layer below: w dx; 0 in the first layer. */
  upstreamShift: number;
}
export interface LayerEvidence {
  name: string;
  /**
   * The spread max z - min z of a neuron's pre-activation over the samples, median over the neurons: what the layer gets
   * to see of its input. Absent in evidence of earlier versions, like every field below that may be absent.
   */
  signal?: number;
  /**
   * Mean |dLoss/dz| per sample and neuron, with the weights of the verdict: what reaches the layer of the error.
   */
  gradient?: number | null;
  meanBias: number;
  /** Null without the weights of the previous verdict. */
  meanBiasChange: number | null;
  medianRelativeUpdate: number | null;
  deathCount: number;
  /** At most the first {@link MAX_DEATHS}. */
  deaths: DeathEvidence[];
}
/** The name of the output layer among moves. */
const OUTPUT_LAYER = 'output';

/** How far training has moved the weights of a dense layer. */
export interface LayerMove {
  name: string;
  /** L2 norm of kernel and bias together. */
  weightNorm: number;
  /** Root mean square of the kernel in units of sqrt(2 / inputs), the size by He et al. (2015). */
  sizeToHe: number;
  /** |change since the previous verdict| / |weights before|; null without those, or if they were zero. */
  change: number | null;
  /** The same of the single step after the previous verdict: the update to weight ratio. */
  stepChange: number | null;
  /** L2 norm of the gradient of the mean loss over a few samples, kernel and bias together, with these weights. */
  gradientNorm?: number | null;
}
export interface Evidence {
  window: TrainingWindow | null;
  data: DataFigures;
  /** Hidden layers. */
  layers: LayerEvidence[];
  /** Dense layers, the output layer last. */
  moves?: LayerMove[];
}

/** Evidence is stored as JSON. An earlier version may have stored it in another form. */
export const isEvidence = (value: unknown): value is Evidence =>
  typeof value === 'object' && value !== null && 'layers' in value && Array.isArray(value.layers) && 'data' in value;

/** Enough for a cause; the verdict itself names every neuron. */
const MAX_DEATHS = 64;

export const openWindow = (fromStep: number): TrainingWindow => ({
  fromStep,
  steps: 0,
  maxLearningRate: 0,
  meanGradientNorm: null,
  maxGradientNorm: null,
  maxGradientNormStep: null,
  firstLoss: null,
  lastLoss: null,
  meanLoss: null,
  maxLoss: null,
  nonFiniteStep: null,
});

/** What a chunk of steps measured, one entry per step. */
export interface ChunkFigures {
  readonly learningRates: ArrayLike<number>;
  readonly losses: ArrayLike<number>;
  readonly gradientNorms: ArrayLike<number>;
}

/** Adds a chunk to the window. From the first non-finite step on, nothing is averaged. */
export function extendWindow(
  window: TrainingWindow,
  { learningRates, losses, gradientNorms }: ChunkFigures,
): TrainingWindow {
  const next = { ...window };
  for (let i = 0; i < losses.length; i++) {
    const step = window.fromStep + next.steps,
      loss = losses[i]!,
      gradientNorm = gradientNorms[i]!;
    next.maxLearningRate = Math.max(next.maxLearningRate, learningRates[i]!);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) next.nonFiniteStep ??= step;
    next.steps++;
    if (next.nonFiniteStep !== null) continue;
    next.firstLoss ??= loss;
    next.lastLoss = loss;
    next.maxLoss = Math.max(next.maxLoss ?? -Infinity, loss);
    next.meanLoss = (next.meanLoss ?? 0) + (loss - (next.meanLoss ?? 0)) / next.steps;
    next.meanGradientNorm = (next.meanGradientNorm ?? 0) + (gradientNorm - (next.meanGradientNorm ?? 0)) / next.steps;
    if (gradientNorm > (next.maxGradientNorm ?? -Infinity)) {
      next.maxGradientNorm = gradientNorm;
      next.maxGradientNormStep = step;
    }
  }
  return next;
}

export interface EvidenceInput {
  /** Null at the first verdict. */
  window: TrainingWindow | null;
  facts: Pick<DataFacts, 'figures' | 'inputMean'>;
  /** The previous verdict and its weights; null if there are none, or if a resumed run no longer has them. */
  previous: Neurons | null;
  previousWeights: readonly DenseWeights[] | null;
  current: Neurons;
  weights: readonly DenseWeights[];
  /** {@link incomingSquares} of both, by dense layer, if they are at hand. */
  squares?: readonly Float64Array[];
  previousSquares?: readonly Float64Array[] | null;
  /** Mean |dLoss/dz| per sample and neuron of every hidden layer. */
  gradients?: readonly number[] | null;
  /** Update to weight ratios of the step after the previous verdict, by dense layer. */
  stepChanges?: readonly (number | null)[] | null;
  /** L2 norms of the gradient, by dense layer. */
  gradientNorms?: readonly (number | null)[] | null;
}

/** Pure. After divergence there are no layers to report, but the window still records it. */
export function gatherEvidence({
  window,
  facts,
  previous,
  previousWeights,
  current,
  weights,
  squares = weights.map(incomingSquares),
  previousSquares = previousWeights?.map(incomingSquares) ?? null,
  gradients,
  stepChanges,
  gradientNorms,
}: EvidenceInput): Evidence {
  const moved = weights.map((layer, k) => {
    const before = previousWeights?.[k];
    return before ? movedSquares(before, layer) : null;
  });
  const moves = weights.map((layer, k): LayerMove => {
    const [before, kernelSquare] = [previousWeights?.[k], sum(squares[k]!)];
    const change = before
      ? relative(
          sum(moved[k]!) + squareDistance(before.bias, layer.bias),
          sum(previousSquares![k]!) + square(before.bias),
        )
      : null;
    return {
      name: current.layers[k]?.name ?? OUTPUT_LAYER,
      weightNorm: Math.sqrt(kernelSquare + square(layer.bias)),
      sizeToHe: Math.sqrt(kernelSquare / (2 * layer.units)),
      change,
      stepChange: stepChanges?.[k] ?? null,
      ...(gradientNorms && { gradientNorm: gradientNorms[k] ?? null }),
    };
  });
  const layers = current.layers.map((layer, k): LayerEvidence => {
    const now = weights[k]!,
      before = previousWeights?.[k] ?? null;
    const earlier = previous?.layers[k]?.neurons ?? [];
    const died = layer.neurons.filter(
      ({ index, state }) => isInactive(state) && earlier[index] !== undefined && !isInactive(earlier[index].state),
    );
    const base = {
      name: layer.name,
      signal: median(
        layer.neurons.flatMap(({ minPreActivation: least, maxPreActivation: most }) =>
          least === null || most === null ? [] : [most - least],
        ),
      ),
      gradient: gradients?.[k] ?? null,
      meanBias: mean(now.bias),
      deathCount: died.length,
    };
    if (before === null) return { ...base, meanBiasChange: null, medianRelativeUpdate: null, deaths: [] };
    const inputBefore = k === 0 ? facts.inputMean : meanOutputs(previous?.layers[k - 1]?.neurons ?? []);
    const inputNow = k === 0 ? facts.inputMean : meanOutputs(current.layers[k - 1]!.neurons);
    const updates = relativeUpdates(before, now, moved[k]!, previousSquares![k]!);
    const shiftsOf = shifts(before, now, inputBefore, inputNow);
    const layerUpdate = median(updates);
    return {
      ...base,
      meanBiasChange: mean(now.bias) - mean(before.bias),
      medianRelativeUpdate: layerUpdate,
      deaths: died.slice(0, MAX_DEATHS).map(({ index }) => ({
        neuron: index,
        margin: earlier[index]!.maxPreActivation,
        relativeUpdate: updates[index]!,
        layerUpdate,
        biasChange: now.bias[index]! - before.bias[index]!,
        ...shiftsOf(index),
      })),
    };
  });
  return { window, data: facts.figures, layers, moves };
}

/** Mean |output| approximates the mean output: equal for ReLU and sigmoid, close for leaky variants. */
const meanOutputs = (neurons: readonly NeuronHealth[]): Float64Array =>
  Float64Array.from(neurons, ({ meanAbs }) => meanAbs ?? 0);

/** For each neuron: |d(w, b)| / |(w, b)|, from the squares of its kernel's column. */
function relativeUpdates(
  before: DenseWeights,
  now: DenseWeights,
  moved: Float64Array,
  sizes: Float64Array,
): Float64Array {
  return moved.map((squareMoved, j) => {
    const change = squareMoved + (now.bias[j]! - before.bias[j]!) ** 2;
    const size = sizes[j]! + before.bias[j]! ** 2;
    return size > 0 ? Math.sqrt(change / size) : Math.sign(change);
  });
}

/** The two parts of the change of a neuron's mean pre-activation: dw x + db, and (w + dw) dx. */
function shifts(before: DenseWeights, now: DenseWeights, inputBefore: ArrayLike<number>, inputNow: ArrayLike<number>) {
  return (unit: number): Pick<DeathEvidence, 'ownShift' | 'upstreamShift'> => {
    let ownShift = now.bias[unit]! - before.bias[unit]!,
      upstreamShift = 0;
    for (let i = 0, place = unit; i < now.inputs; i++, place += now.units) {
      const x = inputBefore[i] ?? 0;
      ownShift += (now.kernel[place]! - before.kernel[place]!) * x;
      upstreamShift += now.kernel[place]! * ((inputNow[i] ?? 0) - x);
    }
    return { ownShift, upstreamShift };
  };
}

/** |now - before| / |before| over kernel and bias; null if the weights were zero or are not finite. */
export function relativeChange(before: DenseWeights, now: DenseWeights): number | null {
  const moved = squareDistance(before.kernel, now.kernel) + squareDistance(before.bias, now.bias);
  return relative(moved, square(before.kernel) + square(before.bias));
}
const relative = (squareMoved: number, squareSize: number): number | null =>
  squareSize > 0 && Number.isFinite(squareMoved) ? Math.sqrt(squareMoved / squareSize) : null;

/** L2 norm of kernel and bias together. */
export const weightsNorm = ({ kernel, bias }: Pick<DenseWeights, 'kernel' | 'bias'>): number =>
  Math.sqrt(square(kernel) + square(bias));

/** |values|² */
function square(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    total += value * value;
  }
  return total;
}

/** |to - from|² */
function squareDistance(from: ArrayLike<number>, to: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < to.length; i++) {
    const change = to[i]! - from[i]!;
    total += change * change;
  }
  return total;
}

/** The upper one of two middle values; 0 of nothing. */
const median = (values: readonly number[] | Float64Array): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function mean(values: ArrayLike<number>): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
