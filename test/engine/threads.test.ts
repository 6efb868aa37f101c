/** How many threads share the steps of a run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNetwork, type Cores } from '../../src/engine/open-network.ts';
import { ENGINES, type EngineName, type LayerSpec, type TrainingSpec } from '../../src/vocabulary/index.ts';
import { encodeCheckpoint } from '../../src/training/checkpoint.ts';
import { drive, openForSpec, resolve } from '../training/drive.ts';
import { ADAM, chunk, classificationData, dense, rows, training } from './specs.ts';

const SMALL: LayerSpec[] = [dense(8)];
const LARGE: LayerSpec[] = [dense(1500), dense(1500)];

async function threadsOf(engine: EngineName, layers: LayerSpec[], spec: Partial<TrainingSpec>, cores: Partial<Cores>) {
  const network = await openNetwork(
    engine,
    { layers },
    training({ batchSize: 64, ...spec }),
    classificationData(),
    cores,
  );
  await network.close();
  return network.engine.threads;
}

test('auto takes idle cores for a network with long steps, and one thread for others', async () => {
  assert.equal(await threadsOf('hybrid', LARGE, {}, { idle: 3 }), 4);
  assert.equal(await threadsOf('hybrid', LARGE, {}, { idle: 0 }), 1);
  assert.equal(await threadsOf('hybrid', LARGE, {}, {}), 1);
  assert.equal(await threadsOf('hybrid', SMALL, {}, { idle: 3 }), 1);
});

test('a run that goes on has as many threads as before, whatever is idle now', async () => {
  assert.equal(await threadsOf('hybrid', LARGE, {}, { threads: 2, idle: 5 }), 2);
  assert.equal(await threadsOf('hybrid', LARGE, {}, { threads: 1, idle: 5 }), 1);
});

test('a job that names a number gets it, on engines that can share a step', async () => {
  for (const engine of ENGINES) {
    const wanted = await threadsOf(engine, SMALL, { threads: 3 }, { idle: 0 });
    assert.equal(wanted, engine === 'onnx' || engine === 'hybrid' ? 3 : 1, engine);
  }
});

async function train(engine: EngineName, threads: number) {
  const data = classificationData(300, 40);
  const spec = training({ batchSize: 50, optimizer: ADAM, threads });
  const network = await openNetwork(engine, { layers: [dense(300), dense(77)] }, spec, data);
  const { losses } = await network.train(chunk(300, 50, 40, 0.01));
  const { loss } = await network.evaluate(rows(300));
  const { parameters } = network.readState();
  await network.close();
  return { losses, loss, parameters };
}

for (const engine of ['onnx', 'hybrid'] as const) {
  test(`${engine}: two threads compute what one computes, and the same bits whenever they do`, async () => {
    const [one, two, again] = [await train(engine, 1), await train(engine, 2), await train(engine, 2)];
    assert.deepEqual(again, two);
    two.losses.forEach((loss, step) => {
      const expected = one.losses[step]!;
      assert.ok(Math.abs(loss - expected) <= 1e-4 * expected, `step ${step}: ${loss} and ${expected}`);
    });
  });
}

test('a checkpoint keeps the number of threads, and a resumed run asks for it', async () => {
  const spec = resolve({
    engine: 'hybrid',
    dataset: { name: 'moons', samples: 64 },
    model: { layers: [{ type: 'dense', units: 8 }] },
    training: { epochs: 2, seed: 1, threads: 'auto' },
  });
  const seen: Cores[] = [];
  const openNetworkWith =
    (threads: number): typeof openForSpec =>
    (own, data, state, cores) => {
      seen.push(cores);
      return openForSpec(own, data, state, { ...cores, threads });
    };
  const { preprocessing, ...rest } = (await drive(spec, { idleCores: 4, openNetwork: openNetworkWith(2) })).final;
  assert.ok(preprocessing);
  assert.equal(rest.loop.threads, 2);
  const checkpoint = encodeCheckpoint({ ...rest, preprocessing });
  await drive(spec, { attempt: 2, idleCores: 1, checkpoint, openNetwork: openNetworkWith(2) });
  assert.deepEqual(seen, [
    { threads: null, idle: 4 },
    { threads: 2, idle: 1 },
  ]);
});
