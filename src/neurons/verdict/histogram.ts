/** The distribution of the values in a tensor, for people to look at. */
import { HISTOGRAM_BINS, type Histogram } from '../../vocabulary/index.ts';

/** Values that are looked at in a larger tensor. */
const MOST_VALUES = 4096;
/** Multiples of the golden ratio's fraction, modulo 1, fill an interval evenly, however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Of any list of numbers: in `HISTOGRAM_BINS` bins from -range to range, each with its lower edge; the last one has both.
 * `range` is the smallest power of two that no |value| exceeds. Zeros and values that are not finite are counted apart.
 * The deviation is divided by the number of values.
 */
export function histogramOf(values: ArrayLike<number>): Histogram {
  const sample = values.length > MOST_VALUES ? spread(values) : values;
  let minimum = Infinity,
    maximum = -Infinity,
    sum = 0,
    zeros = 0,
    finite = 0;
  for (let i = 0; i < sample.length; i++) {
    const value = sample[i]!;
    if (!Number.isFinite(value)) continue;
    finite++;
    if (value === 0) zeros++;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    sum += value;
  }
  const counts = Array<number>(HISTOGRAM_BINS).fill(0);
  const known = { count: sample.length, zeros, nonFinite: sample.length - finite };
  if (finite === 0) return { ...known, range: 0, counts, minimum: null, maximum: null, mean: null, deviation: null };

  const range = powerAbove(Math.max(maximum, -minimum));
  const perUnit = range === 0 ? 0 : HISTOGRAM_BINS / 2 / range;
  const mean = sum / finite;
  let squares = 0;
  for (let i = 0; i < sample.length; i++) {
    const value = sample[i]!;
    if (!Number.isFinite(value)) continue;
    squares += (value - mean) ** 2;
    if (value !== 0) counts[Math.min(HISTOGRAM_BINS - 1, Math.floor((value + range) * perUnit))]! += 1;
  }
  return { ...known, range, counts, minimum, maximum, mean, deviation: Math.sqrt(squares / finite) };
}

/** Places that are spread evenly and follow from the length alone. */
function spread(values: ArrayLike<number>): Float64Array {
  let stride = Math.floor(GOLDEN * values.length);
  while (commonDivisor(stride, values.length) > 1) stride++;
  const sample = new Float64Array(MOST_VALUES);
  for (let i = 0, place = 0; i < MOST_VALUES; i++) {
    sample[i] = values[place]!;
    place += stride;
    if (place >= values.length) place -= values.length;
  }
  return sample;
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

/** The smallest power of two that is at least `value`; 0 of 0. */
function powerAbove(value: number): number {
  if (value === 0) return 0;
  const power = 2 ** Math.ceil(Math.log2(value));
  // The logarithm is rounded.
  return power < value ? 2 * power : power / 2 >= value ? power / 2 : power;
}
