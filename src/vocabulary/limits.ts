/** Hard limits on one job. They are documented in docs/limits.md; exceeding one gives a 400 or 413. */
export const LIMITS = {
  /** Of a request that may bring data: a job, a fork, a data set as JSON, rows to predict. */
  bodyBytes: 64 * 1024 * 1024,
  /** Of any other JSON, and of what is left of a job without its long lists of numbers. */
  plainBodyBytes: 512 * 1024,
  /** Lists and objects in a body. */
  bodyContainers: 4_000_000,
  /** Properties of one object of a body. */
  bodyKeys: 131_072,
  samples: 1_000_000,
  inlineValues: 20_000_000,
  /** Numbers of inline data, and of initial weights, that stay in a job. More are kept apart, and the job has their hash. */
  valuesInJob: 8192,
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
