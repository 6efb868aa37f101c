/** How many samples a verdict uses: the rule alone, on neurons whose firing is known for every sample. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inspection, LayerStatistics } from '../../src/model/measurements.ts';
import type { ActivationName, LayerSpec } from '../../src/vocabulary/index.ts';
import { Looks } from '../../src/training/watching/looks.ts';
import { Mailbox } from '../../src/training/mailbox.ts';

const SAMPLES = 20_000;
const indices = Int32Array.from({ length: SAMPLES }, (_, i) => i);
const dense: LayerSpec[] = [];
const dropout: LayerSpec[] = [{ type: 'dropout', rate: 0.5 }];

type Fires = (sample: number) => boolean;
const always: Fires = () => true,
  never: Fires = () => false;

/** One layer of the given neurons. Counts how often each sample was used. */
function networkOf(
  neurons: Fires[],
  { activation = 'relu', parameterCount = 58_000 }: { activation?: ActivationName; parameterCount?: number } = {},
) {
  const seen = new Uint8Array(SAMPLES);
  const statistics = (rows: Int32Array): LayerStatistics => {
    const fired = Float64Array.from(neurons, (fires) => rows.filter(fires).length);
    const zeros = new Float32Array(neurons.length);
    return {
      name: 'dense_1',
      units: neurons.length,
      activation,
      fired,
      nonZero: fired,
      sumAbs: fired,
      saturated: new Float64Array(neurons.length),
      sumAbsGradient: new Float64Array(neurons.length),
      minPreActivation: zeros,
      maxPreActivation: zeros,
      minOutput: zeros,
      maxOutput: zeros,
      maxAbsGradient: zeros,
    };
  };
  const inspect = (rows: Int32Array): Promise<Inspection> => {
    for (const row of rows) seen[row]!++;
    return Promise.resolve({ samples: rows.length, layers: [statistics(rows)] });
  };
  return {
    network: { parameterCount, hiddenNeurons: neurons.length, inspect },
    seen,
  };
}

async function samplesOf(looks: Looks, isThorough = false): Promise<number> {
  const look = await looks.take(new Mailbox(), isThorough);
  assert.ok(look);
  assert.equal(look.isComplete, look.measurement.samples === SAMPLES);
  return look.measurement.samples;
}

test('if every neuron fires, a few samples are enough, and they are the same for every verdict', async () => {
  const { network, seen } = networkOf([always, (sample) => sample % 2 === 0]);
  const looks = new Looks(network, dense, indices, 1);
  assert.equal(await samplesOf(looks), 1034);
  assert.equal(await samplesOf(looks, true), 1034);
  assert.equal(seen.filter((times) => times === 2).length, 1034);
  assert.equal(seen.filter((times) => times > 0).length, 1034);
});

test('a rare neuron is checked until it fires, a dead one on all samples, each of them once', async () => {
  const rare = networkOf([always, (sample) => sample % 5000 === 7]);
  const look = await new Looks(rare.network, dense, indices, 1).take(new Mailbox(), false);
  assert.ok(
    look && [2068, 4136, 8272, 16_544].includes(look.measurement.samples) && look.measurement.layers[0]!.fired[1]! > 0,
    JSON.stringify(look?.measurement),
  );
  assert.ok(rare.seen.every((times) => times <= 1));
  const dead = networkOf([always, never]);
  assert.equal(await samplesOf(new Looks(dead.network, dense, indices, 1)), SAMPLES);
  assert.ok(dead.seen.every((times) => times === 1));
});

test('a neuron known to be silent is not checked again while training covers every sample and it never fires', async () => {
  const { network } = networkOf([always, never]);
  const looks = new Looks(network, dense, indices, 1);
  assert.equal(await samplesOf(looks), SAMPLES);
  looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES });
  const look = await looks.take(new Mailbox(), false);
  assert.deepEqual(
    [look?.measurement.samples, look?.isComplete, Array.from(look?.isQuiet ?? [])],
    [1034, false, [0, 1]],
  );
  looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES });
  assert.equal(await samplesOf(looks), 1034, 'nor the time after');
  looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES - 1 });
  assert.equal(await samplesOf(looks), SAMPLES, 'one sample was not seen');
  looks.watch({ fired: Float64Array.of(500, 1), samples: SAMPLES });
  assert.equal(await samplesOf(looks), SAMPLES, 'it fired');
  looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES });
  assert.equal(await samplesOf(looks, true), SAMPLES, 'a thorough verdict takes nothing for granted');
});

test('counters of a network that differs in training prove nothing', async () => {
  const { network } = networkOf([never]);
  const looks = new Looks(network, dropout, indices, 1);
  await samplesOf(looks);
  looks.watch({ fired: Float64Array.of(0), samples: SAMPLES });
  assert.equal(await samplesOf(looks), SAMPLES);
});

test('z > 0 means nothing for a tanh neuron, so no more samples are used', async () => {
  assert.equal(await samplesOf(new Looks(networkOf([never], { activation: 'tanh' }).network, dense, indices, 1)), 1034);
});

test('small networks are judged on more samples than large ones', async () => {
  for (const [parameterCount, samples] of [
    [13, 2048],
    [100_000, 600],
    [10_000_000, 512],
  ] as const) {
    assert.equal(
      await samplesOf(new Looks(networkOf([always], { parameterCount }).network, dense, indices, 1)),
      samples,
    );
  }
});

test('small training sets are used completely, very large ones in part', async () => {
  const { network } = networkOf([never]);
  assert.equal(
    (await new Looks(network, dense, indices.slice(0, 300), 1).take(new Mailbox(), false))?.measurement.samples,
    300,
  );
  const many = new Looks(
    network,
    dense,
    Int32Array.from({ length: 200_000 }, (_, i) => i % SAMPLES),
    1,
  );
  const look = await many.take(new Mailbox(), true);
  assert.deepEqual(
    [look?.measurement.samples, look?.isComplete, Array.from(look?.isQuiet ?? [])],
    [131_072, false, [0]],
  );
});

test('an order to stop interrupts a verdict', async () => {
  const mailbox = new Mailbox();
  mailbox.push({ type: 'pause' });
  assert.equal(await new Looks(networkOf([never]).network, dense, indices, 1).take(mailbox, false), null);
});
