/**
 * Trains two small runs for nobody, so that a thread that waits for its first run has loaded the engines and everything
 * around them, and V8 has compiled what a run needs.
 */
import type { StartOrder } from '../schemas/index.ts';
import type { EngineName, JobSpec, LayerSpec } from '../vocabulary/index.ts';
import type { Mailbox } from './mailbox.ts';
import type { RunTools } from './run.ts';
import { trainRun } from './train-run.ts';

/** Those that `auto` takes. */
const ENGINES: readonly EngineName[] = ['hybrid', 'wasm'];
const NOTHING_REPORTED: StartOrder['reported'] = { metrics: -1, epochMetrics: -1, verdict: -1, snapshot: -1 };

/** Never rejects: where an engine is missing, there is nothing to load. An order to stop ends it between two chunks. */
export async function warmUp(mailbox: Mailbox, openNetwork: RunTools['openNetwork']): Promise<void> {
  for (const engine of ENGINES) {
    if (await mailbox.look()) return;
    await trainRun(orderFor(engine), { mailbox, openNetwork, report: () => undefined });
  }
}

const orderFor = (engine: EngineName): StartOrder => ({
  type: 'start',
  runId: 'warm-up',
  attempt: 1,
  spec: specFor(engine),
  dataset: null,
  checkpoint: null,
  reported: NOTHING_REPORTED,
  neurons: null,
});

const hidden: LayerSpec = {
  type: 'dense',
  units: 16,
  activation: { type: 'relu' },
  kernelInitializer: { type: 'heNormal' },
  biasInitializer: { type: 'zeros' },
};

const specFor = (engine: EngineName): JobSpec => ({
  name: 'warm-up',
  experiment: '',
  tags: [],
  notes: '',
  metadata: {},
  dataset: {
    name: 'moons',
    samples: 256,
    noise: 0.1,
    limit: null,
    validationSplit: 0.25,
    normalize: 'standard',
    normalizeTargets: 'none',
    seed: 1,
  },
  model: { layers: [hidden, hidden] },
  training: {
    epochs: 4,
    batchSize: 32,
    seed: 1,
    shuffle: true,
    loss: 'softmaxCrossEntropy',
    optimizer: { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    schedule: { type: 'constant', warmupSteps: 0 },
    clipNorm: null,
    classWeights: null,
    threads: 1,
    stopping: null,
  },
  telemetry: { metricsEverySteps: 'auto', snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 1 },
  engine,
  priority: 0,
});
