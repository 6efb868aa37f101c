/** Shift and scale of every feature, x = (value - shift) * scale, fitted on the training part alone. */
import type { Normalization, TrainingData } from '../schemas/index.ts';

/**
 * A feature that never changes, or by less than float32 can scale, keeps scale 1. Bytes are pixels, which share one
 * unit: each has its own mean,
 * but all have one scale, as a pixel that is inked on one image out of thousands would otherwise enter with a value of
 * 50 or more.
 */
export function fitNormalization(
  measured: FeatureFigures,
  areBytes: boolean,
  kind: Normalization,
): TrainingData['normalization'] {
  if (kind === 'none') return null;
  const { minimum, maximum, mean, deviation } = areBytes ? shareUnit(measured) : measured;
  const shift = Float32Array.from(kind === 'minMax' ? minimum : mean),
    scale = new Float32Array(shift.length).fill(1);
  if (kind === 'center') return { shift, scale };

  for (let j = 0; j < scale.length; j++) {
    const inverse = Math.fround(1 / (kind === 'minMax' ? maximum[j]! - minimum[j]! : deviation[j]!));
    if (maximum[j]! > minimum[j]! && Number.isFinite(inverse)) scale[j] = inverse;
  }
  return { shift, scale };
}

/** Of every feature as it is stored, over the training samples. */
export interface FeatureFigures {
  minimum: Float64Array;
  maximum: Float64Array;
  mean: Float64Array;
  deviation: Float64Array;
}

/**
 * One pass. Sums are of the differences from the first row, so that the variance of features far from zero is not lost
 * in the difference of
 * two large numbers (Chan, Golub and LeVeque 1983). `deviation` is that of the population.
 */
export function measureFeatures(
  inputs: Uint8Array | Float32Array,
  features: number,
  trainIndices: Int32Array,
): FeatureFigures {
  const first = Float64Array.from(inputs.subarray(trainIndices[0]! * features, (trainIndices[0]! + 1) * features));
  const minimum = first.slice(),
    maximum = first.slice(),
    sum = new Float64Array(features),
    squares = new Float64Array(features);
  for (let n = 0; n < trainIndices.length; n++) {
    const row = trainIndices[n]! * features;
    for (let j = 0; j < features; j++) {
      const value = inputs[row + j]!,
        difference = value - first[j]!;
      if (value < minimum[j]!) minimum[j] = value;
      if (value > maximum[j]!) maximum[j] = value;
      sum[j]! += difference;
      squares[j]! += difference * difference;
    }
  }
  const count = trainIndices.length;
  const mean = first.map((value, j) => value + sum[j]! / count);
  const deviation = squares.map((square, j) => Math.sqrt(Math.max(0, square / count - (sum[j]! / count) ** 2)));
  return { minimum, maximum, mean, deviation };
}

/** The range of all features together, and the root of their mean variance. */
function shareUnit({ minimum, maximum, mean, deviation }: FeatureFigures): FeatureFigures {
  const variance = deviation.reduce((sum, value) => sum + value * value, 0) / deviation.length;
  const forAll = (value: number): Float64Array => new Float64Array(mean.length).fill(value);
  return {
    mean,
    minimum: forAll(minimum.reduce((a, b) => Math.min(a, b))),
    maximum: forAll(maximum.reduce((a, b) => Math.max(a, b))),
    deviation: forAll(Math.sqrt(variance)),
  };
}
