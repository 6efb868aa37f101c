/**
 * Integrals and distributions for expected values, by methods that share nothing with the code they check.
 */

/** E f(z) for z ~ N(mean, deviation^2): Simpson's rule on +-12 deviations, split where `f` may have a kink. */
export function gaussianMean(f: (z: number) => number, mean = 0, deviation = 1, kink = 0): number {
  const from = mean - 12 * deviation,
    to = mean + 12 * deviation;
  const density = (z: number): number =>
    Math.exp(-0.5 * ((z - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
  const weighted = (z: number): number => f(z) * density(z);
  return simpson(weighted, from, Math.max(from, kink)) + simpson(weighted, Math.max(from, kink), to);
}

function simpson(f: (x: number) => number, from: number, to: number, intervals = 4000): number {
  if (to <= from) return 0;
  const h = (to - from) / intervals;
  let sum = f(from) + f(to);
  for (let i = 1; i < intervals; i++) sum += (i % 2 ? 4 : 2) * f(from + i * h);
  return (sum * h) / 3;
}

/**
 * Distribution function of Student's t with an integer number of degrees of freedom (Abramowitz and Stegun 26.7.3 and
 * 26.7.4).
 */
export function studentCdf(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees)),
    cos = Math.cos(theta),
    sin = Math.sin(theta);
  let term = 1,
    sum = 1;
  if (degrees % 2 === 1) {
    if (degrees === 1) return 0.5 + theta / Math.PI;
    for (let k = 2; k <= degrees - 3; k += 2) {
      term *= (k / (k + 1)) * cos * cos;
      sum += term;
    }
    return 0.5 + (theta + sin * cos * sum) / Math.PI;
  }
  for (let k = 1; k <= degrees - 3; k += 2) {
    term *= (k / (k + 1)) * cos * cos;
    sum += term;
  }
  return 0.5 + (sin * sum) / 2;
}

/** Newton's method in two dimensions with a numerical Jacobian. */
export function solvePair(
  f: (a: number, b: number) => readonly [number, number],
  start: readonly [number, number],
): [number, number] {
  let [a, b] = start;
  const h = 1e-6;
  for (let round = 0; round < 60; round++) {
    const [u, v] = f(a, b),
      [ua, va] = f(a + h, b),
      [ub, vb] = f(a, b + h);
    const [fa, fb, ga, gb] = [(ua - u) / h, (ub - u) / h, (va - v) / h, (vb - v) / h];
    const determinant = fa * gb - fb * ga;
    a -= (u * gb - v * fb) / determinant;
    b -= (v * fa - u * ga) / determinant;
  }
  return [a, b];
}
