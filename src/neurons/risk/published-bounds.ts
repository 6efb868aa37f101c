/** Published bounds of the probability of being born dead, for ReLU, symmetric weights and zero biases. */

/**
 * P(some layer is all zero at one given input) = 1 - prod (1 - 2^-N_l). This is the upper bound for P(born dead) of Lu,
 * Shin, Su and Karniadakis (2020, theorem 3.2), and exact for a single nonzero input. `widths` may stop at any layer.
 */
export const bornDeadUpperBound = (widths: readonly number[]): number =>
  1 - widths.reduce((alive, units) => alive * (1 - 2 ** -units), 1);

/**
 * Their lower bound for one input feature, no biases and `hidden` layers of equal width. Without biases, the function
 * of one feature is determined by x = 1 and x = -1. In each layer, the two directions both survive, or one dies, or
 * both die. The probability of losing both is smallest at a right angle, 4^-N, and after the first layer the angle is
 * right. The bound is exact for two hidden layers.
 */
export function bornDeadLowerBound(units: number, hidden: number): number {
  const one = 1 - 2 ** -units,
    two = 1 - 2 ** (1 - units) - (units - 1) * 4 ** -units;
  const factor = ((1 - 2 ** (1 - units)) * (1 - 2 ** -units)) / (1 + (units - 1) * 2 ** -units);
  return 1 - one ** (hidden - 1) - factor * (one ** (hidden - 1) - two ** (hidden - 1));
}
