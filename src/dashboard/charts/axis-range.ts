/** Both ends may be open (null). */
export type Ends = readonly [low: number | null, high: number | null];
/** Of an axis, in its units. */
export type Range = readonly [from: number, to: number];
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

/** The same for a logarithmic axis: fixed ends and domains of zero or less do not bind it. */
export function logRange(
  min: number | null,
  max: number | null,
  { fixed = OPEN }: { fixed?: Ends | undefined } = {},
): [low: number, high: number] {
  if (min === null || max === null || min <= 0) return [1, 10];
  const air = Math.max((max / min) ** AIR, 1.05);
  const [least, most] = fixed;
  const low = least !== null && least > 0 ? least : min / air,
    high = most !== null && most > low ? Math.max(most, low * 1.01) : max * air;
  return [low, high];
}

/** What a clipped axis shows of the values. */
const CLIP_QUANTILES = [0.05, 0.95] as const;
/** More are not needed to know two quantiles. */
const MOST_RANKED = 20_000;

/** The 5th and the 95th percentile of the values between two places; null where there are none. */
export function clippedEnds(
  lines: readonly { x: Float64Array; y: Float64Array }[],
  [from, to]: readonly [from: number, to: number],
): readonly [low: number, high: number] | null {
  const every = Math.max(1, Math.ceil(lines.reduce((sum, { y }) => sum + y.length, 0) / MOST_RANKED));
  const values: number[] = [];
  for (const { x, y } of lines)
    for (let i = 0; i < y.length; i += every)
      if (x[i]! >= from && x[i]! <= to && !Number.isNaN(y[i])) values.push(y[i]!);
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  const [low, high] = CLIP_QUANTILES.map((share) => values[Math.round(share * (values.length - 1))]!);
  return [low!, high!];
}
