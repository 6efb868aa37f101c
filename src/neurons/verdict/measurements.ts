/** What a verdict is computed from, besides the measurements of the network itself. */
import type { DenseWeights, Measurement } from '../../model/measurements.ts';

/** Smallest and largest value of every feature of the normalised training inputs, [features]. */
export interface InputBox {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/**
 * Counters of the training steps since the last report: sums over the samples seen, for the hidden neurons of all
 * layers in order.
 */
export interface RunningCounters {
  readonly samples: number;
  readonly fired: ArrayLike<number>;
  readonly sumAbs: ArrayLike<number>;
  readonly sumAbsGradient: ArrayLike<number>;
}

const allFinite = (values: ArrayLike<number>): boolean => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
};

/** `squares`: {@link incomingSquares}. NaN > 0 is false, so a diverged network would look dead. Finiteness is therefore checked first. */
export function isFiniteNetwork(
  weights: readonly DenseWeights[],
  squares: readonly Float64Array[],
  measurement: Measurement,
): boolean {
  return (
    weights.every(
      // A sum of squares that is finite has only finite terms, and was computed already.
      ({ kernel, bias, alpha }, k) =>
        (allFinite(squares[k]!) || allFinite(kernel)) && allFinite(bias) && (alpha === null || allFinite(alpha)),
    ) &&
    measurement.layers.every((layer) =>
      [
        layer.minPreActivation,
        layer.maxPreActivation,
        layer.minOutput,
        layer.maxOutput,
        layer.sumAbs,
        layer.maxAbsGradient,
      ].every(allFinite),
    )
  );
}
