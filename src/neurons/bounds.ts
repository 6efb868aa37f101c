/** Confidence bounds of rates. */

/** Quantile of the standard normal distribution at 0.95: one-sided 95 %. */
const Z_ONE_SIDED = 1.6448536269514722;
/** At 0.975: two-sided 95 %. */
const Z_TWO_SIDED = 1.959963984540054;

/**
 * Upper 95 % bound of the rate at which a neuron fires, after `fired` firings in `samples` independent samples. If it
 * never fired, this is the rule of three, 3 / n (Hanley and Lippman-Hand, JAMA 1983), which is -ln(0.05) / n rounded
 * up. Otherwise it is the upper end of Wilson's score interval.
 */
export function firedBound(fired: number, samples: number): number {
  if (samples <= 0) return 1;
  if (fired <= 0) return Math.min(1, 3 / samples);
  return wilson(fired, samples, Z_ONE_SIDED)[1];
}

/** E. B. Wilson's score interval (JASA 1927) of a binomial rate, 95 % by default. */
export function wilson(successes: number, trials: number, z = Z_TWO_SIDED): [low: number, high: number] {
  if (trials <= 0) return [0, 1];
  const rate = successes / trials;
  const center = (successes + (z * z) / 2) / (trials + z * z);
  const half = (z / (trials + z * z)) * Math.sqrt(trials * rate * (1 - rate) + (z * z) / 4);
  return [successes <= 0 ? 0 : Math.max(0, center - half), successes >= trials ? 1 : Math.min(1, center + half)];
}
