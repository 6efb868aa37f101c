/** Both ends may be open (null). */
export type Ends = readonly [low: number | null, high: number | null];
const OPEN: Ends = [null, null];

/** Share of the values' span that is left free above and below them. */
const AIR = 0.08;

/**
 * The ends of a linear y axis: the fixed ends if there are any, otherwise those of the data with a little air, but not
 * beyond the domain of the values. An accuracy that is 1 throughout has an axis up to 100 %, not 108 %.
 */
export function axisRange(
  min: number | null,
  max: number | null,
  { fixed = OPEN, domain = OPEN }: { fixed?: Ends | undefined; domain?: Ends | undefined },
): [low: number, high: number] {
  const [least, most] = domain;
  if (min === null || max === null) return [fixed[0] ?? least ?? 0, fixed[1] ?? most ?? 1];
  const air = AIR * (max - (fixed[0] ?? min) || Math.abs(max) || 1);
  const low = fixed[0] ?? (least !== null && min >= least ? Math.max(least, min - air) : min - air);
  const high = fixed[1] ?? (most !== null && max <= most ? Math.min(most, max + air) : max + air);
  return low < high ? [low, high] : [low, low + 1];
}
