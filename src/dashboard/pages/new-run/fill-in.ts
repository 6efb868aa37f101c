/**
 * A job with the defaults that the service would fill in, so that the form shows what will be used and remedies have a
 * whole spec to change. Defaults come from the vocabulary; wrong values in the form are passed through unchanged.
 */
import { fillDense, type OpenDense } from '../../../model/blocks.ts';
import {
  fill,
  withDefaults,
  type Activation,
  type ActivationChoice,
  type Initializer,
  type InitializerChoice,
  type Job,
  type JobSpec,
  type LayerJob,
  type LayerSpec,
} from '../../../vocabulary/index.ts';
import { DEFAULT_OUTPUT, vocabulary } from '../../data/vocabulary.ts';

/** A job as it is submitted, or one that was filled in before. */
export type Draft = Job;
type DraftLayer = LayerJob;

export function fillIn(job: Draft): JobSpec {
  const { layers, output, initialWeights } = job.model;
  const { options, defaults } = vocabulary;
  const { optimizer, schedule, stopping, loss, seed = 0, ...training } = job.training ?? {};
  const { engine, priority } = withDefaults(options.job, {}) as Pick<JobSpec, 'engine' | 'priority'>;
  const open = layers.map(openLayer);
  return {
    name: job.name ?? '',
    experiment: job.experiment ?? '',
    tags: job.tags ?? [],
    notes: job.notes ?? '',
    metadata: job.metadata ?? {},
    engine: job.engine ?? engine,
    priority: job.priority ?? priority,
    dataset: withDefaults(options.dataset, { limit: null, seed, ...job.dataset }) as JobSpec['dataset'],
    model: {
      layers: layers.map((layer, index) => fillLayer(layer, index, open)),
      output: {
        activation: output?.activation ?? DEFAULT_OUTPUT.activation,
        kernelInitializer: fillInitializer(output?.kernelInitializer ?? DEFAULT_OUTPUT.kernelInitializer),
        biasInitializer: fillInitializer(output?.biasInitializer ?? DEFAULT_OUTPUT.biasInitializer),
      },
      ...(initialWeights && { initialWeights }),
    },
    training: {
      ...(withDefaults(options.training, training) as JobSpec['training']),
      seed,
      // Which loss `auto` means depends on the data set's task.
      loss: (loss ?? 'auto') as JobSpec['training']['loss'],
      optimizer: fill(vocabulary.optimizers, optimizer ?? defaults.optimizer),
      schedule: fill(vocabulary.schedules, schedule ?? defaults.schedule),
      stopping: stopping ? (withDefaults(options.stopping, stopping) as JobSpec['training']['stopping']) : null,
    },
    telemetry: withDefaults(options.telemetry, job.telemetry ?? {}) as JobSpec['telemetry'],
  };
}

/** A layer's activation as an object; a dense layer may have none yet. */
interface OpenLayer {
  type: string;
  activation?: Activation;
}
const openLayer = (layer: DraftLayer): OpenLayer =>
  'activation' in layer && layer.activation !== undefined
    ? { type: layer.type, activation: fillActivation(layer.activation) }
    : { type: layer.type };

function fillLayer(layer: DraftLayer, index: number, all: readonly OpenLayer[]): LayerSpec {
  switch (layer.type) {
    case 'dense': {
      const { kernelInitializer: kernel, biasInitializer: bias } = layer;
      const open: OpenDense = {
        ...layer,
        activation: all[index]?.activation,
        kernelInitializer: kernel && fillInitializer(kernel),
        biasInitializer: bias && fillInitializer(bias),
      };
      return { ...layer, ...fillDense(open, all, index) };
    }
    case 'activation':
      return { ...layer, activation: fillActivation(layer.activation) };
    case 'dropout':
    case 'alphaDropout':
      return layer;
    case 'batchNormalization':
    case 'layerNormalization':
      return withDefaults(vocabulary.layers[layer.type], layer) as LayerSpec;
  }
}

const fillActivation = (choice: ActivationChoice) => fill(vocabulary.activations, choice) as Activation;
const fillInitializer = (choice: InitializerChoice) => fill(vocabulary.initializers, choice) as Initializer;
