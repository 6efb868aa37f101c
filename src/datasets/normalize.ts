/** Shift and scale of every column, fitted on the training part alone. */
import type { Scaling } from '../schemas/index.ts';
import type { Normalization } from '../vocabulary/index.ts';

/** Columns from `start` to before `end`. */
export interface Range {
  start: number;
  end: number;
}

/**
 * A column that never changes, or by less than float32 can scale, keeps scale 1. The columns of a `shared` range have one
 * unit, as pixels do: each has its own mean, but all share one scale. Otherwise a pixel that is set in one image out of
 * thousands would get a value of 50 or more.
 */
export function fitNormalization(
  measured: ColumnFigures,
  shared: readonly Range[],
  kind: Normalization,
): Scaling | null {
  const { minimum, maximum, mean, deviation } = shared.reduce(shareUnit, measured);
  const range = maximum.map((most, j) => most - minimum[j]!);
  const scaleTo = (spread: Float64Array): Float32Array =>
    Float32Array.from(spread, (size, j) => {
      const inverse = Math.fround(1 / size);
      return range[j]! > 0 && Number.isFinite(inverse) ? inverse : 1;
    });
  switch (kind) {
    case 'none':
      return null;
    case 'center':
      return { shift: Float32Array.from(mean), scale: new Float32Array(mean.length).fill(1) };
    case 'standard':
      return { shift: Float32Array.from(mean), scale: scaleTo(deviation) };
    case 'minMax':
      return { shift: Float32Array.from(minimum), scale: scaleTo(range) };
  }
}

/** Statistics of every raw column over the training samples. */
export interface ColumnFigures {
  minimum: Float64Array;
  maximum: Float64Array;
  mean: Float64Array;
  deviation: Float64Array;
}

/**
 * One pass. It sums differences from the first row, so that the variance of columns far from zero does not vanish in the
 * difference of two large numbers (Chan, Golub and LeVeque 1983). `deviation` is the population's.
 */
export function measureColumns(
  rows: Uint8Array | Float32Array,
  columns: number,
  trainIndices: Int32Array,
): ColumnFigures {
  const first = Float64Array.from(rows.subarray(trainIndices[0]! * columns, (trainIndices[0]! + 1) * columns));
  const minimum = first.slice(),
    maximum = first.slice(),
    sum = new Float64Array(columns),
    squares = new Float64Array(columns);
  for (let n = 0; n < trainIndices.length; n++) {
    const row = trainIndices[n]! * columns;
    for (let j = 0; j < columns; j++) {
      const value = rows[row + j]!,
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

/** The columns of the range with their common minimum and maximum, and the root of their mean variance. */
function shareUnit({ minimum, maximum, mean, deviation }: ColumnFigures, { start, end }: Range): ColumnFigures {
  const of = (values: Float64Array): Float64Array => values.subarray(start, end);
  const variance = of(deviation).reduce((sum, value) => sum + value * value, 0) / (end - start);
  const within = (values: Float64Array, value: number): Float64Array => values.slice().fill(value, start, end);
  return {
    mean,
    minimum: within(
      minimum,
      of(minimum).reduce((a, b) => Math.min(a, b)),
    ),
    maximum: within(
      maximum,
      of(maximum).reduce((a, b) => Math.max(a, b)),
    ),
    deviation: within(deviation, Math.sqrt(variance)),
  };
}
