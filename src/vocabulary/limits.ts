/** Hard limits on one job. They are documented in docs/limits.md; exceeding one gives a 400 or 413. */
export const LIMITS = {
  bodyBytes: 64 * 1024 * 1024,
  samples: 1_000_000,
  inlineValues: 20_000_000,
  features: 100_000,
  layers: 200,
  units: 16_384,
  parameters: 20_000_000,
  epochs: 1_000_000,
  batchSize: 65_536,
  /** Activations of one batch, inputs and outputs included: 200 MB as float32, and the same again for gradients. */
  batchValues: 50_000_000,
  steps: 2_000_000_000,
  /** Of one run. */
  threads: 64,
} as const;

export const LARGEST_SEED = 2 ** 31 - 1;
/** The largest step, number of a message or version: the database keeps them in 32 bits. */
export const LARGEST_INTEGER = 2 ** 31 - 1;
/** Lists and objects within each other, in the body of a request. */
export const DEEPEST_BODY = 100;
