/** Which engine `auto` takes. Costs are estimates, so only networks far from the borders are looked at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Executor } from '../../src/engine/executors/executor.ts';
import { candidates, EXECUTORS } from '../../src/engine/executors/registry.ts';
import { costOf, workOf } from '../../src/engine/executors/work.ts';
import { chooseExecutor } from '../../src/engine/open-network.ts';
import { planNetwork } from '../../src/engine/programs/plan-network.ts';
import { RunFailure } from '../../src/errors.ts';
import type { LayerSpec } from '../../src/vocabulary/index.ts';
import { ADAM, classificationData, dense, regressionData, training } from './specs.ts';

function routinesOf(layers: LayerSpec[], features: number, batchSize: number, classes = 3) {
  const data = classificationData(16, features, classes);
  return planNetwork({ layers }, training({ batchSize, optimizer: ADAM }), data).all;
}
const first = (layers: LayerSpec[], features: number, batchSize: number): string | undefined =>
  candidates('auto', routinesOf(layers, features, batchSize), batchSize)[0]?.executor.name;
const wide = (units: number, layers = 2): LayerSpec[] => Array.from({ length: layers }, () => dense(units));

test('small networks of every kind are cheapest on wasm', () => {
  for (const layers of [[], wide(2, 10), wide(8), wide(32), wide(64, 4), [dense(16, { type: 'gelu' })]])
    for (const batchSize of [1, 16, 32]) assert.equal(first(layers, 20, batchSize), 'wasm');
  const normalized: LayerSpec[] = [
    dense(16, { type: 'linear' }),
    { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 },
    { type: 'activation', activation: { type: 'tanh' } },
    { type: 'dropout', rate: 0.2 },
  ];
  assert.equal(first(normalized, 10, 32), 'wasm');
});

test('large networks are cheapest where a library multiplies their matrices', () => {
  for (const layers of [wide(256), wide(512), wide(1024)])
    for (const batchSize of [64, 128, 512]) assert.notEqual(first(layers, 784, batchSize), 'wasm');
});

test('a step costs more with more layers, units and samples', () => {
  for (const executor of Object.values(EXECUTORS)) {
    const cost = (layers: LayerSpec[], batchSize: number): number => {
      const { suitability } = candidates(executor.name, routinesOf(layers, 20, batchSize), batchSize)[0]!;
      assert.ok(suitability.ok);
      return suitability.cost;
    };
    const base = cost(wide(32), 32);
    assert.ok(base > 0);
    assert.ok(cost(wide(32, 4), 32) > base);
    assert.ok(cost(wide(128), 32) > base);
    assert.ok(cost(wide(32), 256) > base);
  }
});

test('the work of a step is what its operations are', () => {
  const [step] = planNetwork({ layers: [] }, training({ loss: 'meanSquaredError' }), regressionData(16, 5)).all;
  // Forward and kernel gradient, 5 inputs, 1 output, 8 samples.
  assert.equal(workOf(step!, 8).multiplyAdds, 2 * 5 * 8);
  const prices = {
    perStep: 1,
    perOperation: 10,
    perKiloMultiplyAdd: 100,
    perKiloBatchElement: 1000,
    perKiloVectorElement: 10_000,
    perKiloLargeElement: 100_000,
  };
  const work = { operations: 2, multiplyAdds: 3000, batchElements: 4000, vectorElements: 5000, largeElements: 500 };
  assert.equal(costOf(work, prices), 1 + 20 + 300 + 4000 + 50_000 + 50_000);
  const small = workOf(step!, 8);
  assert.ok(small.batchElements > 0 && small.vectorElements > 0);
  assert.equal(small.largeElements, 0);
  assert.equal(workOf(step!, 16).vectorElements, small.vectorElements, 'they do not depend on the batch');
  const [large] = routinesOf([dense(600), dense(600)], 20, 8);
  const { vectorElements, largeElements } = workOf(large!, 8);
  assert.ok(largeElements > 0.9 * vectorElements, 'vectors as long as the parameters');
});

test('an engine that cannot run a network is passed over, and the reason says so', async () => {
  const routines = routinesOf(wide(8), 4, 8);
  const refusing: Executor = {
    name: 'onnx',
    version: '1',
    sharesSteps: false,
    availability: () => Promise.resolve({ available: true, backend: 'test', reason: null }),
    suits: () => ({ ok: false, reason: 'it is too small' }),
    open: () => Promise.reject(new Error('opened all the same')),
  };
  const tried = candidates('auto', routines, 8, [refusing, EXECUTORS.wasm]);
  assert.deepEqual(
    tried.map(({ executor }) => executor.name),
    ['wasm', 'onnx'],
  );
  const { executor, reason } = await chooseExecutor('auto', tried.toReversed());
  assert.equal(executor.name, 'wasm');
  assert.match(reason, /^A step of this network and batch takes about [\d.]+ us on wasm\. onnx: it is too small$/);
  await assert.rejects(
    chooseExecutor('onnx', candidates('onnx', routines, 8, [refusing])),
    (error: unknown) =>
      error instanceof RunFailure && error.code === 'ENGINE_UNAVAILABLE' && /too small/.test(error.message),
  );
  assert.equal((await chooseExecutor('wasm', candidates('wasm', routines, 8))).reason, 'The job asks for it.');
});

test('the reason names what the engines that were not taken would cost', async () => {
  const routines = routinesOf(wide(8), 4, 8);
  const { reason } = await chooseExecutor('auto', candidates('auto', routines, 8));
  assert.match(
    reason,
    /on wasm, on onnx about [\d.]+ (us|ms), on hybrid about [\d.]+ (us|ms), on tensorflow about [\d.]+ (us|ms)\.$/,
  );
});

test('auto takes the engine that measurements have found the fastest', () => {
  for (const [sizes, batchSize, engine] of [
    [[2, 8, 8, 2], 32, 'wasm'],
    [[1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], 32, 'wasm'],
    [[20, 5, 2], 1, 'wasm'],
    [[20, 32, 32, 2], 32, 'wasm'],
    [[64, 64, 10], 16, 'wasm'],
    [[20, 64, 64, 64, 64, 2], 32, 'wasm'],
    [[100, 128, 128, 10], 128, 'onnx'],
    [[20, 128, 128, 2], 512, 'onnx'],
    [[784, 128, 64, 10], 64, 'hybrid'],
    [[784, 256, 128, 10], 64, 'hybrid'],
    [[784, 512, 10], 64, 'hybrid'],
    [[784, 1024, 1024, 10], 128, 'hybrid'],
  ] as const) {
    const layers = sizes.slice(1, -1).map((units) => dense(units));
    const routines = routinesOf(layers, sizes[0], batchSize, sizes.at(-1));
    assert.equal(candidates('auto', routines, batchSize)[0]?.executor.name, engine, sizes.join('-'));
  }
});
