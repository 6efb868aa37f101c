/** A row of the verification: a published or derived number, and ours. */

/** `quick` draws fewer samples and allows four standard errors instead of the stated tolerance. The tests use it. */
export type Scale = 'full' | 'quick';

export interface Outcome {
  quantity: string;
  /** A number, or the ends of an interval that must contain ours. */
  expected: number | readonly [low: number, high: number];
  ours: number;
  /** Largest allowed difference. */
  tolerance: number;
  /** 95 % interval of our number, if it was estimated. */
  interval?: readonly [low: number, high: number];
}

export interface Check {
  id: string;
  setup: string;
  /** Where the expected numbers come from. */
  source: string;
  run(scale: Scale): Outcome[] | Promise<Outcome[]>;
}

export function isOk({ expected, ours, tolerance }: Outcome): boolean {
  const [low, high] = typeof expected === 'number' ? [expected, expected] : expected;
  return ours >= low - tolerance && ours <= high + tolerance;
}

/** Four standard errors of a simulated probability, for the quick scale. */
export const fourSigma = (probability: number, trials: number): number =>
  4 * Math.sqrt(Math.max(probability * (1 - probability), 1 / trials) / trials);

/** A simulated probability against an expected one. */
export function rate(
  quantity: string,
  expected: Outcome['expected'],
  successes: number,
  trials: number,
  stated: number,
  scale: Scale,
): Outcome {
  const ours = successes / trials;
  return {
    quantity,
    expected,
    ours,
    tolerance: scale === 'full' ? stated : Math.max(stated, fourSigma(ours, trials)),
    interval: interval95(successes, trials),
  };
}

/** Wilson's score interval. */
export function interval95(successes: number, trials: number): [number, number] {
  const z = 1.959963984540054,
    p = successes / trials;
  const center = (p + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half = (z / (1 + (z * z) / trials)) * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  return [Math.max(0, center - half), Math.min(1, center + half)];
}
