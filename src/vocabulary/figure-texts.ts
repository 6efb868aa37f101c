/** The digits of figures that have an end, so that only what has reached the end is written as if it had. */

/** A share of 0 to 1 in percent, without the sign. Close to 0 and 100 there are more digits. */
export function inPercent(share: number, digits = 1): string {
  const scaled = share * 100;
  if (scaled === 0 || scaled === 100) return String(scaled);
  const toEnd = Math.min(Math.abs(scaled), Math.abs(100 - scaled));
  if (toEnd < 1e-4) return Math.abs(scaled) < 1 ? '< 0.0001' : '> 99.9999';
  const isAtEnd = toEnd < Math.max(0.1, 0.5 * 10 ** -digits) - 1e-9;
  return scaled.toFixed(isAtEnd ? Math.max(1, -Math.floor(Math.log10(toEnd))) : digits);
}

/** R² for four significant digits: below 1 it is at most 0.9999. */
export const belowOne = (rSquared: number): number => (rSquared < 1 ? Math.min(rSquared, 0.9999) : rSquared);
