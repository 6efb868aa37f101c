/** Where a model is asked: evenly over the data, and a little beyond. */

const MARGIN = 0.1;

/** The ends of a coordinate of the points, with a margin; never the same number twice. */
export function rangeOf(points: readonly (readonly number[])[], place: number): [low: number, high: number] {
  let low = Infinity,
    high = -Infinity;
  for (const point of points) {
    const value = point[place]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [-1, 1];
  const margin = high > low ? MARGIN * (high - low) : Math.abs(high) || 1;
  return [low - margin, high + margin];
}

const between = ([low, high]: readonly [number, number], share: number): number => low + (high - low) * share;

export function lineOver(points: readonly (readonly number[])[], count: number): number[][] {
  const range = rangeOf(points, 0);
  return Array.from({ length: count }, (_, k) => [between(range, k / (count - 1))]);
}

/** Row by row from the top, which has the largest second coordinate; each at the middle of its place. */
export function squareOver(points: readonly (readonly number[])[], side: number): number[][] {
  const [across, up] = [rangeOf(points, 0), rangeOf(points, 1)];
  return Array.from({ length: side * side }, (_, place) => {
    const column = place % side,
      row = Math.floor(place / side);
    return [between(across, (column + 0.5) / side), between(up, 1 - (row + 0.5) / side)];
  });
}

/** About `count` round numbers within the range: multiples of 1, 2 or 5 times a power of ten. */
export function roundTicks([low, high]: readonly [number, number], count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, k) =>
    Number(((first + k) * step).toPrecision(12)),
  );
}
