/**
 * The definitions of other tools, each as a count per layer (AUTOTRAINER: a ratio), on the same full pass as our
 * verdict, so that users of these tools find their figure. docs/neurons.md lists the differences from each tool, such
 * as deciding on one batch.
 */
import type { LayerMeasurement } from '../../model/measurements.ts';
import type { PublishedDefinitions } from '../../vocabulary/index.ts';

/** ReDo's threshold in Sokar et al. (ICML 2023) and in the reference code, dopamine/labs/redo. */
const DORMANT_TAU = 0.1;

/**
 * Mean |output| of each neuron over the mean of its layer: Sokar et al. (ICML 2023), in the form of the reference code,
 * which divides by the mean, so that the scores of H neurons sum to H (the paper's text says 1; its author confirmed
 * the code, google/dopamine#209).
 */
export function tauScores(sumAbs: ArrayLike<number>, samples: number): Float64Array {
  const meanAbs = Float64Array.from(sumAbs, (sum) => sum / samples);
  const layerMean = meanAbs.reduce((sum, value) => sum + value, 0) / meanAbs.length;
  return meanAbs.map((value) => value / (layerMean + 1e-9));
}

/** `isInputZero[i]`: input i of the layer is 0 on every sample. */
export function publishedDefinitions(
  layer: LayerMeasurement,
  samples: number,
  isInputZero: Uint8Array,
): PublishedDefinitions {
  const count = (holds: (neuron: number) => boolean): number => {
    let total = 0;
    for (let j = 0; j < layer.units; j++) if (holds(j)) total++;
    return total;
  };
  const scores = tauScores(layer.sumAbs, samples);
  return {
    // sum(activations) == 0 over the data (keras-contrib, callbacks/dead_relu_detector.py)
    kerasContrib: count((j) => layer.nonZero[j] === 0),
    // active on less than threshold_inactivity = 1 % (SageMaker Debugger, DeadRelu), active meaning z > 0
    sagemaker: count((j) => layer.fired[j]! / samples < 0.01),
    // mean(feature != 0) < 0.01 (loss-of-plasticity, incremental_cifar/post_run_analysis.py)
    dohare: count((j) => layer.nonZero[j]! / samples < 0.01),
    tauDormant: count((j) => scores[j]! <= DORMANT_TAU),
    autotrainer: zeroGradientRatio(
      count((j) => layer.maxAbsGradient[j] === 0),
      layer.units,
      isInputZero,
    ),
  };
}

/**
 * AUTOTRAINER (ICSE 2021): share of exactly zero entries in the gradients of a layer's kernel and bias. dL/dw_ij = sum
 * over the samples of x_i dL/dz_j is exactly zero where x_i is zero on every sample or dL/dz_j is. Entries that are
 * zero only because the two factors are never nonzero on the same sample are not counted, so this is a lower bound of
 * the tool's ratio for the full-batch gradient.
 */
function zeroGradientRatio(zeroNeurons: number, units: number, isInputZero: Uint8Array): number {
  const zeroInputs = isInputZero.reduce((sum, isZero) => sum + isZero, 0);
  const zeroEntries = zeroNeurons * (isInputZero.length + 1) + (units - zeroNeurons) * zeroInputs;
  return zeroEntries / (units * (isInputZero.length + 1));
}
