/** Where to start from, and what to do against death: two short lists whose entries combine. */
import type { Draft, DraftLayer } from './draft.ts';

const dense = (units: number, options: Partial<DraftLayer> = {}): DraftLayer => ({
  type: 'dense',
  units,
  activation: 'relu',
  kernelInitializer: 'heNormal',
  ...options,
});
const stack = (depth: number, units: number): DraftLayer[] => Array.from({ length: depth }, () => dense(units));

export interface Preset {
  id: string;
  title: string;
  text: string;
  job: Draft;
}

export const PRESETS: Preset[] = [
  {
    id: 'deep-narrow',
    title: 'Deep and narrow',
    text: 'Nine layers of two ReLU neurons on y = |x|: most such networks are dead before the first step (Lu et al., 2020).',
    job: {
      name: 'deep and narrow',
      experiment: 'dying-relu',
      tags: ['deep-narrow'],
      dataset: { name: 'absolute', validationSplit: 0.1, normalize: 'none' },
      model: { layers: stack(9, 2) },
      training: { epochs: 500, batchSize: 128, optimizer: { type: 'adam', learningRate: 0.001 } },
    },
  },
  {
    id: 'hot',
    title: 'Learning rate too high',
    text: 'Four healthy layers on MNIST at ten times the usual rate: neurons go out one after another while you watch.',
    job: {
      name: 'learning rate too high',
      experiment: 'dying-relu',
      tags: ['high-rate'],
      dataset: { name: 'mnist', limit: 20_000 },
      model: { layers: stack(4, 64) },
      training: { epochs: 40, batchSize: 32, optimizer: { type: 'adam', learningRate: 0.01 } },
    },
  },
  {
    id: 'spirals',
    title: 'Spirals',
    text: 'Two interleaved spirals and three layers of 24: small, quick, nearly every neuron lives.',
    job: {
      name: 'spirals',
      experiment: 'playground',
      tags: ['spirals'],
      dataset: { name: 'spirals', samples: 2000 },
      model: { layers: stack(3, 24) },
      training: { epochs: 2000, batchSize: 32, optimizer: { type: 'adam', learningRate: 0.003 } },
    },
  },
  {
    id: 'mnist',
    title: 'MNIST',
    text: 'Handwritten digits on two wide layers, the usual baseline.',
    job: {
      name: 'mnist',
      experiment: 'mnist',
      tags: ['baseline'],
      dataset: { name: 'mnist', limit: 20_000, validationSplit: 0.1, normalize: 'standard' },
      model: { layers: [dense(128), dense(64)] },
      training: { epochs: 20, batchSize: 64, optimizer: { type: 'adam', learningRate: 0.001 } },
    },
  },
];

export interface Remedy {
  id: string;
  title: string;
  apply: (job: Draft) => Draft;
}

const onLayers =
  (change: (layer: DraftLayer) => DraftLayer) =>
  (job: Draft): Draft => ({
    ...job,
    model: { ...job.model, layers: job.model.layers.map((layer) => (layer.type === 'dense' ? change(layer) : layer)) },
  });
const activation = (type: string, more: Partial<DraftLayer> = {}) =>
  onLayers((layer) => ({ ...layer, activation: type, ...more }));
const normalized =
  (type: string) =>
  (job: Draft): Draft => ({
    ...job,
    model: {
      ...job.model,
      layers: job.model.layers.flatMap((layer) =>
        layer.type === 'dense'
          ? [
              { ...layer, activation: 'linear' },
              { type },
              { type: 'activation', activation: layer.activation ?? 'relu' },
            ]
          : [layer],
      ),
    },
  });
/** In every layer, the output layer too. */
const asymmetric = (job: Draft): Draft => {
  const { model, ...rest } = onLayers((layer) => ({ ...layer, kernelInitializer: 'randomizedAsymmetric' }))(job);
  return { ...rest, model: { ...model, output: { ...model.output, kernelInitializer: 'randomizedAsymmetric' } } };
};
const training =
  (change: (training: Draft['training']) => Record<string, unknown>) =>
  (job: Draft): Draft => ({ ...job, training: { ...job.training, ...change(job.training) } });

export const REMEDIES: Remedy[] = [
  { id: 'none', title: 'No remedy', apply: (job) => job },
  { id: 'leakyRelu', title: 'Leaky ReLU', apply: activation('leakyRelu') },
  { id: 'prelu', title: 'PReLU', apply: activation('prelu') },
  { id: 'elu', title: 'ELU', apply: activation('elu') },
  { id: 'selu', title: 'SELU', apply: activation('selu', { kernelInitializer: 'lecunNormal' }) },
  { id: 'randomizedAsymmetric', title: 'Asymmetric initializer', apply: asymmetric },
  {
    id: 'positiveBias',
    title: 'Positive bias',
    apply: onLayers((layer) => ({ ...layer, biasInitializer: { type: 'constant', value: 0.1 } })),
  },
  { id: 'batchNormalization', title: 'Batch normalization', apply: normalized('batchNormalization') },
  { id: 'layerNormalization', title: 'Layer normalization', apply: normalized('layerNormalization') },
  {
    id: 'reduceLearningRate',
    title: 'A tenth of the rate',
    apply: training(({ optimizer }) =>
      typeof optimizer === 'object' && typeof optimizer['learningRate'] === 'number'
        ? { optimizer: { ...optimizer, learningRate: optimizer['learningRate'] / 10 } }
        : {},
    ),
  },
  { id: 'clipGradients', title: 'Clipped gradients', apply: training(() => ({ clipNorm: 1 })) },
];

/** The preset's job with the remedy in it, and in its name. */
export function combine(preset: Preset, remedy: Remedy): Draft {
  const job = remedy.apply(preset.job);
  return remedy.id === 'none'
    ? job
    : { ...job, name: `${job.name}, ${remedy.title.toLowerCase()}`, tags: [...(job.tags ?? []), remedy.id] };
}
