/** Jobs as the documentation shows them; each one is valid. */
export const EXAMPLE_JOB = {
  name: 'mnist, relu',
  experiment: 'dying-relu',
  tags: ['baseline'],
  dataset: { name: 'mnist', limit: 20_000, validationSplit: 0.1, normalize: 'standard' },
  model: {
    layers: [
      { type: 'dense', units: 128, activation: 'relu', kernelInitializer: 'heNormal' },
      { type: 'dense', units: 64, activation: { type: 'leakyRelu', alpha: 0.01 } },
    ],
  },
  training: { epochs: 5, batchSize: 64, seed: 1, optimizer: { type: 'adam', learningRate: 0.001 } },
};
