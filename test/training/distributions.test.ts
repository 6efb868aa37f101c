/** What verdicts keep of weights, gradients and activations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogramOf, isEvidence } from '../../src/neurons/index.ts';
import type { RunTools } from '../../src/training/run.ts';
import { dense, drive, openForSpec, resolve } from './drive.ts';

const spec = resolve({
  dataset: { name: 'moons', samples: 210, validationSplit: 0.2 },
  model: { layers: [dense(12), { type: 'dropout', rate: 0.2 }, { type: 'batchNormalization' }, dense(8, 'prelu')] },
  training: {
    epochs: 4,
    batchSize: 16,
    seed: 3,
    optimizer: { type: 'adam', learningRate: 0.02 },
    classWeights: [1, 3],
  },
});

/** The same network, without a pass backward. */
const openBlind: RunTools['openNetwork'] = async (...order) => {
  const network = await openForSpec(...order);
  return new Proxy(network, {
    get(target, name) {
      if (name === 'backward') return () => Promise.resolve({ samples: 0, gradients: [], activations: [] });
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};

test('every verdict has histograms, and the run has the same weights and curves as one without them', async () => {
  const observed = await drive(spec);
  const blind = await drive(spec, { openNetwork: openBlind });
  assert.deepEqual(observed.final.network, blind.final.network);
  assert.deepEqual(observed.series('loss'), blind.series('loss'));
  assert.deepEqual(observed.series('valLoss'), blind.series('valLoss'));
  assert.ok(blind.of('verdict').every(({ histograms }) => histograms?.layers.length === 0));

  const verdicts = observed.of('verdict');
  assert.equal(verdicts.length, 5);
  for (const { histograms } of verdicts) {
    assert.ok(histograms);
    assert.deepEqual(
      histograms.layers.map(({ name, weights, activations }) => [name, weights.count, activations?.count]),
      [
        ['dense_1', 24, 12 * histograms.samples],
        ['dense_2', 96, 8 * histograms.samples],
        ['output', 16, undefined],
      ],
    );
    assert.equal(histograms.samples, 168);
  }
});

test('at the end they are those of the final weights, and their norm is that of the gradient', async () => {
  const observed = await drive(spec);
  const { histograms, evidence } = observed.of('verdict').at(-1)!;
  assert.ok(histograms && isEvidence(evidence));
  const { parameters } = observed.final.network;
  assert.deepEqual(histograms.layers[0]?.weights, histogramOf(parameters.slice(0, 24)));
  for (const [k, { gradientNorm }] of evidence.moves!.entries()) {
    const { count, mean, deviation } = histograms.layers[k]!.gradients;
    const kernelNorm = Math.sqrt(count * (mean! ** 2 + deviation! ** 2));
    assert.ok(gradientNorm! >= kernelNorm * (1 - 1e-9), 'the bias adds to it');
    assert.ok(gradientNorm! < 10 * kernelNorm);
  }
});

test('a model without hidden layers has those of its output layer', async () => {
  const linear = resolve({
    dataset: { name: 'absolute', samples: 50 },
    model: { layers: [] },
    training: { epochs: 1, seed: 1 },
  });
  const { histograms } = (await drive(linear)).of('verdict').at(-1) ?? {};
  assert.deepEqual(
    histograms?.layers.map(({ name, activations }) => [name, activations]),
    [['output', undefined]],
  );
});
