/** Published probabilities of death at birth, where they apply: ReLU, symmetric weights, zero bias. */

/**
 * P(the network puts out a constant at one given input): 1 - prod (1 - 2^-N_l). It is the upper bound of Lu, Shin, Su
 * and Karniadakis (2020, theorem 3.2) of P(born dead), and exact for one input other than 0. It may end with any layer.
 */
export const bornDeadUpperBound = (widths: readonly number[]): number =>
  1 - widths.reduce((alive, units) => alive * (1 - 2 ** -units), 1);

/**
 * Their lower bound for one input feature, no bias and `hidden` layers of one width. A piecewise linear function of one
 * feature without bias is decided by x = 1 and x = -1. Of two independent directions alive, both survive or one dies;
 * at a right angle, the chance of losing both in one layer is smallest, 4^-N, and after the first layer the angle is
 * right. Exact for two hidden layers.
 */
export function bornDeadLowerBound(units: number, hidden: number): number {
  const one = 1 - 2 ** -units,
    two = 1 - 2 ** (1 - units) - (units - 1) * 4 ** -units;
  const factor = ((1 - 2 ** (1 - units)) * (1 - 2 ** -units)) / (1 + (units - 1) * 2 ** -units);
  return 1 - one ** (hidden - 1) - factor * (one ** (hidden - 1) - two ** (hidden - 1));
}
