import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assessRisk, type DrawLayer } from '../../src/neurons/index.ts';
import { bornDeadLowerBound, bornDeadUpperBound } from '../../src/neurons/risk/published-bounds.ts';
import { initializeDense } from '../../src/engine/math/initializers.ts';
import { Random } from '../../src/random.ts';
import { hiddenLayers } from '../../src/model/blocks.ts';
import { readJob } from '../../src/jobs/index.ts';
import type { LayerSpec, Risk } from '../../src/vocabulary/index.ts';

function layersOf(layers: unknown[]): LayerSpec[] {
  const resolved = readJob({ dataset: { name: 'absolute' }, model: { layers }, training: { seed: 1 } });
  assert.ok('spec' in resolved, JSON.stringify(resolved));
  return resolved.spec.model.layers;
}
const dense = (count: number, units: number, options: Record<string, unknown> = {}): LayerSpec[] =>
  layersOf(Array.from({ length: count }, () => ({ type: 'dense', units, ...options })));

/** Draws as the engine does. */
function drawer(layers: readonly LayerSpec[], seed = 1): DrawLayer {
  const hidden = hiddenLayers(layers);
  return (attempt, layer, inputs) => {
    const { units, kernelInitializer, biasInitializer } = hidden[layer]!.spec;
    const random = new Random(seed, 'initializer', attempt, layer);
    return {
      inputs,
      units,
      alpha: null,
      ...initializeDense(kernelInitializer, biasInitializer, { fanIn: inputs, fanOut: units }, random),
    };
  };
}
const drawGiven: DrawLayer = () => ({ inputs: 1, units: 2, kernel: [1, 1], bias: [-9, 0], alpha: null });
const twoSided = Float32Array.from({ length: 200 }, (_, i) => -Math.sqrt(3) + (2 * Math.sqrt(3) * i) / 199);
const riskOf = (layers: LayerSpec[], inputs = twoSided, features = 1): Risk =>
  assessRisk({ layers, features, inputs, draw: drawer(layers), isGiven: false });

test('born-dead probabilities agree with exact results and with published bounds', () => {
  // Exact for two hidden layers: 5 / 32 with two neurons, 11 / 256 with three.
  assert.equal(bornDeadLowerBound(2, 2), 0.15625);
  assert.ok(Math.abs(bornDeadLowerBound(3, 2) - 11 / 256) < 1e-12);
  for (const [units, exact] of [
    [2, 0.15625],
    [3, 11 / 256],
  ] as const) {
    const { bornDead, published } = riskOf(dense(2, units));
    assert.ok(Math.abs(bornDead.probability - exact) < 0.03, `${bornDead.probability} for ${exact}`);
    assert.ok(bornDead.interval[0] <= bornDead.probability && bornDead.probability < bornDead.interval[1]);
    assert.equal(published!.lower, bornDeadLowerBound(units, 2));
  }
  const deep = riskOf(dense(9, 3));
  assert.ok(deep.published!.lower! <= deep.bornDead.interval[1] && deep.bornDead.interval[0] <= deep.published!.upper);
  assert.ok(Math.abs(deep.bornDead.probability - 0.5775) < 0.05);
  assert.equal(deep.published!.upper, bornDeadUpperBound(Array<number>(9).fill(3)));
});

test('the remedies lower the risk', () => {
  const he = riskOf(dense(9, 2)).bornDead.probability;
  const asymmetric = riskOf(dense(9, 2, { kernelInitializer: 'randomizedAsymmetric' }));
  assert.ok(he > 0.8 && asymmetric.bornDead.probability < 0.3);
  assert.equal(asymmetric.published, null);
  assert.equal(riskOf(dense(9, 2, { activation: 'leakyRelu' })).bornDead.probability, 0);
  const normalized = riskOf(
    layersOf(
      Array.from({ length: 9 }, () => [
        { type: 'dense', units: 2, activation: 'linear' },
        { type: 'batchNormalization' },
        { type: 'activation', activation: 'relu' },
      ]).flat(),
    ),
  );
  assert.equal(normalized.bornDead.probability, 0);
  assert.deepEqual(
    normalized.layers.map(({ expectedDead }) => expectedDead),
    Array(9).fill(0),
  );
});

test('expected dead neurons: with one-sided inputs half of the first layer is dead', () => {
  const positive = Float32Array.from({ length: 100 }, (_, i) => 1 + i / 100);
  const { layers, bornDead } = riskOf(dense(1, 20), positive);
  assert.ok(Math.abs(layers[0]!.expectedDead - 10) < 0.5);
  assert.ok(bornDead.probability < 0.01);
  assert.deepEqual(riskOf(dense(1, 20)).layers, [{ name: 'dense_1', units: 20, expectedDead: 0 }]);
});

test('given weights leave nothing to chance', () => {
  const layers = dense(1, 2);
  const risk = assessRisk({ layers, features: 1, inputs: twoSided, draw: drawGiven, isGiven: true });
  assert.deepEqual(risk.bornDead, { probability: 0, interval: [0, 0] });
  assert.equal(risk.layers[0]!.expectedDead, 1);
  assert.equal(risk.draws, 1);
});

test('a job always has the same risk: the number of draws depends on its sizes, and falls as they grow', () => {
  assert.deepEqual(riskOf(dense(3, 4)), riskOf(dense(3, 4)));
  const wide = layersOf([
    { type: 'dense', units: 512 },
    { type: 'dense', units: 256 },
  ]);
  const inputs = Float32Array.from({ length: 784 * 300 }, (_, i) => Math.sin(i * 1.7));
  const risk = riskOf(wide, inputs, 784);
  assert.ok(risk.draws >= 1 && risk.draws < 20, `${risk.draws} draws`);
  assert.equal(risk.bornDead.probability, 0);
});

test('without hidden layers, nothing can die', () => {
  assert.deepEqual(riskOf([]).bornDead.probability, 0);
  assert.deepEqual(riskOf([]).layers, []);
});
