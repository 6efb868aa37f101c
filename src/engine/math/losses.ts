/**
 * Losses of one sample each, [batch, 1], as in PyTorch: means over the outputs, except for softmax. Outputs are logits
 * or values, [batch, outputs]. `weights` are those of the samples, [batch, 1], or of the labels' positives, [outputs];
 * null where all weigh the same, and for regression.
 */
import type { LossName } from '../../vocabulary/index.ts';
import type { ProgramBuilder, Value } from '../program/builder.ts';

type Loss = (b: ProgramBuilder, outputs: Value, targets: Value, weights: Value | null) => Value;

const meanOverOutputs = (b: ProgramBuilder, values: Value): Value =>
  b.mul(b.sum(values, [1], true), 1 / Number(values.shape[1]));

/** Class targets come as one-hot rows. */
export const LOSS_RULES: Record<LossName, Loss> = {
  softmaxCrossEntropy(b, logits, targets, weights) {
    // Shifting the logits by their maximum keeps e^x finite and cancels out of the loss.
    const shifted = b.sub(logits, b.detach(b.max(logits, [1], true)));
    const losses = b.sub(b.log(b.sum(b.exp(shifted), [1], true)), b.sum(b.mul(shifted, targets), [1], true));
    return weights ? b.mul(losses, weights) : losses;
  },
  // -y log s(x) - (1 - y) log(1 - s(x)) = log(1 + e^x) - x y, which neither overflows nor takes the logarithm of 0.
  // With a weight w of y it is (1 - y) x + (1 + (w - 1) y) log(1 + e^-x).
  sigmoidCrossEntropy(b, logits, targets, weights) {
    if (!weights) return meanOverOutputs(b, b.sub(b.unary('softplus', logits), b.mul(logits, targets)));
    const factor = b.add(b.mul(b.sub(weights, 1), targets), 1);
    const ofPositive = b.mul(factor, b.unary('softplus', b.neg(logits)));
    return meanOverOutputs(b, b.add(b.mul(b.sub(1, targets), logits), ofPositive));
  },
  meanSquaredError(b, outputs, targets) {
    const error = b.sub(outputs, targets);
    return meanOverOutputs(b, b.mul(error, error));
  },
  meanAbsoluteError: (b, outputs, targets) => meanOverOutputs(b, b.abs(b.sub(outputs, targets))),
  // e^2 / 2 up to |e| = 1, |e| - 1/2 beyond: c (|e| - c / 2) with c = min(|e|, 1).
  huber(b, outputs, targets) {
    const size = b.abs(b.sub(outputs, targets));
    const clipped = b.minimum(size, 1);
    return meanOverOutputs(b, b.mul(clipped, b.sub(size, b.mul(clipped, 0.5))));
  },
};
