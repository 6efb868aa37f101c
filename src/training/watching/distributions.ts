/** The distributions of weights, gradients and activations that are kept with a verdict. */
import type { Network } from '../../engine/network.ts';
import { BACKWARD_ROWS } from '../../engine/programs/plan-network.ts';
import type { LayerWeights } from '../../model/measurements.ts';
import { histogramOf, weightsNorm } from '../../neurons/index.ts';
import type { VerdictHistograms } from '../../vocabulary/index.ts';

/** Multiplications of one pass forward: about half a millisecond, with the pass backward. */
const FORWARD_WORK = 1.5e6;
const LEAST_ROWS = 16;

export interface Distributions {
  histograms: VerdictHistograms;
  /** L2 norm of the gradient of the mean loss over kernel and bias, by dense layer; null where it is not finite. */
  gradientNorms: (number | null)[];
}

/** Depends on the network's size only. */
export const rowsForDistributions = ({ parameterCount }: Pick<Network, 'parameterCount'>): number =>
  Math.max(LEAST_ROWS, Math.min(Math.floor(FORWARD_WORK / parameterCount), BACKWARD_ROWS));

/** The gradients are of the loss over `rows`, with the weights as they are, dropout off, and without weight decay. */
export async function measureDistributions(
  network: Pick<Network, 'backward'>,
  weights: readonly LayerWeights[],
  rows: Int32Array,
): Promise<Distributions> {
  const { samples, gradients, activations } = await network.backward(rows);
  const layers = gradients.map((gradient, k) => {
    const outputs = activations[k];
    return {
      name: gradient.name,
      weights: histogramOf(weights[k]!.kernel),
      gradients: histogramOf(gradient.kernel),
      ...(outputs && { activations: histogramOf(outputs) }),
    };
  });
  const gradientNorms = gradients.map((gradient) => {
    const norm = weightsNorm(gradient);
    return Number.isFinite(norm) ? norm : null;
  });
  return { histograms: { samples, layers }, gradientNorms };
}
