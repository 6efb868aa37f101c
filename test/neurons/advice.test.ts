/** Follows advice on the engine: the problem that it was given for gets smaller. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { loadDataset } from '../../src/datasets/load.ts';
import { openNetwork } from '../../src/engine/open-network.ts';
import {
  activityOf,
  describeData,
  diagnose,
  extendWindow,
  gatherEvidence,
  judge,
  openWindow,
  type Evidence,
} from '../../src/neurons/index.ts';
import { Random } from '../../src/random.ts';
import { readJob } from '../../src/jobs/index.ts';
import { mergePatch } from '../../src/vocabulary/index.ts';
import type { AdviceCode, Diagnosis, Failure, Neurons } from '../../src/vocabulary/index.ts';

interface Trained {
  job: unknown;
  diagnosis: Diagnosis;
  deadNeurons: number;
}

/** Trains whole batches only, at the optimizer's rate, with a verdict at each epoch's end. */
async function train(job: unknown): Promise<Trained> {
  const resolved = readJob(job);
  assert.ok('spec' in resolved, JSON.stringify(resolved));
  const { spec } = resolved,
    { training, model } = spec;
  const { data, features, trainIndices } = loadDataset(spec.dataset, null);
  const network = await openNetwork('auto', model, training, data);
  const facts = describeData(data, features, trainIndices, training.loss);
  const steps = Math.floor(trainIndices.length / training.batchSize);
  const verdicts: { neurons: Neurons; evidence: Evidence }[] = [];
  let error: Failure | null = null,
    previousWeights = null;
  for (let epoch = 0; epoch <= training.epochs && error === null; epoch++) {
    let window = null;
    if (epoch > 0) {
      const order = new Random(1, 'order', epoch).permutation(trainIndices.length);
      const indices = order.slice(0, steps * training.batchSize).map((i) => trainIndices[i]!),
        learningRates = new Float64Array(steps).fill(training.optimizer.learningRate);
      const result = await network.train({ indices, batchSize: training.batchSize, learningRates });
      window = extendWindow(openWindow((epoch - 1) * steps), { learningRates, ...result });
      if (window.nonFiniteStep !== null) error = { code: 'DIVERGED', message: 'the loss is not finite' };
    }
    const previous: Neurons | null = verdicts.at(-1)?.neurons ?? null,
      weights = network.weights();
    const current = judge({
      step: epoch * steps,
      measurement: await network.inspect(trainIndices),
      isComplete: true,
      weights,
      layers: model.layers,
      box: facts.box,
      previous,
    });
    verdicts.push({
      neurons: current,
      evidence: gatherEvidence({ window, facts, previous, previousWeights, current, weights }),
    });
    previousWeights = weights;
  }
  await network.close();
  const diagnosis = diagnose({ spec, verdicts, error, plannedSteps: training.epochs * steps });
  return { job: spec, diagnosis, deadNeurons: activityOf(verdicts.at(-1)!.neurons)?.deadNeurons ?? NaN };
}

async function follow({ job, diagnosis }: Trained, code: AdviceCode): Promise<Trained> {
  const advice = diagnosis.advice.find((each) => each.code === code);
  assert.ok(advice, `${code} was not advised, but ${diagnosis.advice.map((each) => each.code).join(', ')}`);
  return train(mergePatch(job, advice.patch));
}
const dense = (units: number) => ({ type: 'dense', units, activation: 'relu' });
const worst = ({ findings: [first] }: Diagnosis) => first!;

test('momentum and a high rate kill a layer; a lower rate or clipped gradients keep it alive', async () => {
  // How many neurons die with one seed is chance: the last bits of a processor's arithmetic decide.
  const dead = { killed: 0, reduceLearningRate: 0, clipGradients: 0 };
  for (const seed of [1, 2, 3]) {
    const killed = await train({
      dataset: { name: 'xor' },
      model: { layers: [dense(32), dense(32)] },
      training: { seed, epochs: 12, optimizer: { type: 'sgd', learningRate: 0.3, momentum: 0.95 } },
    });
    assert.ok(killed.deadNeurons > 20, `${killed.deadNeurons} dead with seed ${seed}`);
    assert.equal(worst(killed.diagnosis).severity, 'critical');
    assert.ok(
      ['learningRateTooHigh', 'largeUpdate', 'upstreamChange', 'biasDrift'].includes(
        worst(killed.diagnosis).cause!.code,
      ),
    );
    dead.killed += killed.deadNeurons;
    for (const code of ['reduceLearningRate', 'clipGradients'] as const)
      dead[code] += (await follow(killed, code)).deadNeurons;
  }
  assert.ok(dead.reduceLearningRate < dead.killed / 2, JSON.stringify(dead));
  assert.ok(dead.clipGradients < dead.killed / 2, JSON.stringify(dead));
});

test('with inputs far from zero half of a layer is born dead; normalising them prevents it', async () => {
  const inputs = Array.from({ length: 200 }, (_, i) => [100 + i / 100, 50 + (i % 7) / 10]);
  const born = await train({
    dataset: { inputs, targets: inputs.map((_, i) => Math.sin(i)), task: 'regression', normalize: 'none' },
    model: { layers: [dense(16)] },
    training: { seed: 1, epochs: 2 },
  });
  assert.ok(born.deadNeurons >= 4);
  assert.equal(worst(born.diagnosis).cause!.code, 'uncentredInputs');
  assert.equal((await follow(born, 'normalizeInputs')).deadNeurons, 0);
});

test('a narrow and deep network that is born dead: Leaky ReLU has no dead neurons', async () => {
  const born = await train({
    dataset: { name: 'absolute', samples: 600 },
    model: { layers: Array.from({ length: 9 }, () => dense(2)) },
    training: { seed: 1, epochs: 1 },
  });
  assert.equal(worst(born.diagnosis).code, 'networkCollapsed');
  assert.equal(worst(born.diagnosis).cause!.code, 'narrowAndDeep');
  assert.equal((await follow(born, 'leakyRelu')).deadNeurons, 0);
  assert.ok((await follow(born, 'randomizedAsymmetric')).deadNeurons < born.deadNeurons);
});

test('a far too high rate is reported as divergence; a lower one trains', async () => {
  const diverged = await train({
    dataset: { name: 'sine' },
    model: { layers: [dense(32), dense(32)] },
    training: { seed: 1, epochs: 3, optimizer: { type: 'sgd', learningRate: 0.7 } },
  });
  assert.equal(worst(diverged.diagnosis).code, 'diverged');
  assert.notEqual(worst((await follow(diverged, 'reduceLearningRate')).diagnosis).code, 'diverged');
});
