/** Jobs to start from. */
import type { DatasetInfo, Job, LayerJob } from '../../../vocabulary/index.ts';

const dense = (units: number): LayerJob => ({
  type: 'dense',
  units,
  activation: 'relu',
  kernelInitializer: 'heNormal',
});
const stack = (depth: number, units: number): LayerJob[] => Array.from({ length: depth }, () => dense(units));

interface Preset {
  id: string;
  title: string;
  text: string;
  job: Job;
}

export const PRESETS: readonly [Preset, ...Preset[]] = [
  {
    id: 'deep-narrow',
    title: 'Deep and narrow',
    text: 'Nine layers of two ReLU neurons learn y = |x|. Most networks like this are dead before the first step (Lu et al., 2020).',
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
    text: 'Four healthy layers on MNIST at ten times the usual learning rate. Neurons die one by one while you watch.',
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
    text: 'Two interleaved spirals and three layers of 24 neurons. Small and fast, and nearly every neuron stays alive.',
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
    text: 'Handwritten digits and two wide layers: the usual baseline.',
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

/** Steps after which a network of this size has usually learned what it can, and still a matter of seconds. */
const USUAL_STEPS = 4000;
const USUAL_BATCH = 32;

/**
 * A usual network for a data set of one's own: two layers, and as many epochs as its size needs. Numbers to be predicted
 * may be of any size, so they are normalised.
 */
export function plainJob({ id, name, samples, kind, task }: DatasetInfo): Job {
  const epochs = Math.round((USUAL_STEPS * USUAL_BATCH) / Math.max(1, samples));
  return {
    dataset: {
      ...(id === undefined ? { name: name ?? '' } : { id }),
      ...(kind === 'uploaded' && task === 'regression' && { normalizeTargets: 'standard' as const }),
    },
    model: { layers: [dense(64), dense(32)] },
    training: {
      epochs: Math.min(200, Math.max(5, epochs)),
      batchSize: USUAL_BATCH,
      optimizer: { type: 'adam', learningRate: 0.001 },
    },
  };
}
