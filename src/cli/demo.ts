/** `relumine demo`: dying ReLU neurons in three runs. */
import type { RelumineClient } from '../client/index.ts';
import type { Job, Run } from '../vocabulary/index.ts';

/**
 * |x| with ten layers of two neurons: the network of Lu et al. (2020), which with ReLU is born dead in most of its
 * initializations, this one among them.
 */
const deepAndNarrow = (activation: 'relu' | 'leakyRelu'): Job => ({
  name: `demo: deep and narrow, ${activation}`,
  experiment: 'demo',
  tags: ['dying-relu'],
  notes:
    'y = |x|, learned by ten layers of two neurons, after Lu, Shin, Su and Karniadakis, "Dying ReLU and Initialization" (2020).',
  dataset: { name: 'absolute' },
  model: { layers: Array.from({ length: 10 }, () => ({ type: 'dense' as const, units: 2, activation })) },
  training: { epochs: 40, batchSize: 64, seed: 5, optimizer: { type: 'adam', learningRate: 0.01 } },
  telemetry: { metricsEverySteps: 10 },
});

/** Wide enough to start well; its neurons die during training, because of updates that are too large. */
const TOO_FAST: Job = {
  name: 'demo: too high a learning rate',
  experiment: 'demo',
  tags: ['dying-relu'],
  notes: 'Two spirals, three layers of 32 neurons, and fifty times the usual learning rate.',
  dataset: { name: 'spirals' },
  model: {
    layers: Array.from({ length: 3 }, () => ({ type: 'dense' as const, units: 32, activation: 'relu' as const })),
  },
  training: { epochs: 300, seed: 1, optimizer: { type: 'adam', learningRate: 0.05 } },
};

export async function submitDemo(client: RelumineClient): Promise<Run[]> {
  const runs: Run[] = [];
  for (const job of [deepAndNarrow('relu'), deepAndNarrow('leakyRelu'), TOO_FAST]) runs.push(await client.submit(job));
  return runs;
}

export const whatToLookAt = ([relu, leaky, fast]: readonly Run[], url: string) => `
What to look at:
  ${url}/compare?runs=${relu?.id},${leaky?.id}
      The same job with two activations. With ReLU, whole layers are dead from the first step and the loss does not
      fall. With Leaky ReLU, no neuron is dead and the loss falls to almost zero.
  ${url}/runs/${fast?.id}
      Neurons go dark one by one while the network trains.
  relumine diagnose ${fast?.id}
      What happened, why, and what to do about it, with patches that are ready to submit.

  relumine list --query demo
      Once the runs have finished, compare the column DEAD OR SILENT.
`;
