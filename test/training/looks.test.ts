/** How many samples a verdict uses: the rule alone, on neurons whose firing is known for every sample. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inspection, LayerStatistics } from '../../src/model/measurements.ts';
import type { ActivationName, LayerSpec } from '../../src/vocabulary/index.ts';
import { Looks, type LooksJob, type LooksState } from '../../src/training/watching/looks.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { dense } from '../engine/specs.ts';

const SAMPLES = 20_000;
const indices = Int32Array.from({ length: SAMPLES }, (_, i) => i);
const layer = dense(2);
const dropout: LayerSpec = { type: 'dropout', rate: 0.5 };
const normalization: LayerSpec = { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 };

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
    network: {
      parameterCount,
      hiddenNeurons: neurons.length,
      hiddenLayers: [{ name: 'dense_1', units: neurons.length, activation }],
      inspect,
    },
    seen,
  };
}

/** Of a job that can afford a complete look at once, unless it has few epochs and many parameters. */
const looksOf = (
  { network }: Pick<ReturnType<typeof networkOf>, 'network'>,
  { layers = [layer], trainIndices = indices, epochs = 100 }: Partial<LooksJob> = {},
): Looks => new Looks(network, { layers, trainIndices, epochs, seed: 1 });

async function samplesOf(looks: Looks, isThorough = false): Promise<number> {
  const look = await looks.take(new Mailbox(), isThorough);
  assert.ok(look);
  assert.equal(look.isComplete, look.measurement.samples === SAMPLES);
  return look.measurement.samples;
}

test('if every neuron fires, a few samples are enough, and they are the same for every verdict', async () => {
  const { network, seen } = networkOf([always, (sample) => sample % 2 === 0]);
  const looks = looksOf({ network });
  assert.equal(await samplesOf(looks), 1034);
  assert.equal(await samplesOf(looks, true), 1034);
  assert.equal(seen.filter((times) => times === 2).length, 1034);
  assert.equal(seen.filter((times) => times > 0).length, 1034);
});

test('a rare neuron is checked until it fires, a dead one on all samples, each of them once', async () => {
  const rare = networkOf([always, (sample) => sample % 5000 === 7]);
  const look = await looksOf(rare).take(new Mailbox(), false);
  assert.ok(
    look && [2068, 4136, 8272, 16_544].includes(look.measurement.samples) && look.measurement.layers[0]!.fired[1]! > 0,
    JSON.stringify(look?.measurement),
  );
  assert.ok(rare.seen.every((times) => times <= 1));
  const dead = networkOf([always, never]);
  assert.equal(await samplesOf(looksOf(dead)), SAMPLES);
  assert.ok(dead.seen.every((times) => times === 1));
});

test('a neuron known to be silent is not checked again while training covers every sample and it never fires', async () => {
  const looks = looksOf(networkOf([always, never]));
  assert.equal(await samplesOf(looks), SAMPLES);
  looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES }, false);
  const look = await looks.take(new Mailbox(), false);
  assert.deepEqual(
    [look?.measurement.samples, look?.isComplete, Array.from(look?.isQuiet ?? [])],
    [1034, false, [0, 1]],
  );
  looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES }, false);
  assert.equal(await samplesOf(looks), 1034, 'nor the time after');
  for (let epoch = 0; epoch < 20; epoch++) looks.watch({ fired: Float64Array.of(500, 1), samples: SAMPLES }, false);
  assert.equal(await samplesOf(looks), SAMPLES, 'it fired');
  for (let part = 0; part < 20; part++)
    looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES / 20 - Number(part === 0) }, false);
  assert.equal(await samplesOf(looks), 8272, 'one sample was not seen');
  looks.watch({ fired: Float64Array.of(500, 0), samples: SAMPLES }, false);
  assert.equal(await samplesOf(looks, true), SAMPLES, 'a thorough verdict takes nothing for granted');
});

test('a run that cannot afford a complete look learns from training that a neuron is silent on all samples', async () => {
  const looks = looksOf(networkOf([always, never, never]), { epochs: 3 });
  const first = await looks.take(new Mailbox(), false);
  assert.deepEqual([first?.measurement.samples, Array.from(first?.isQuiet ?? [])], [8272, [0, 0, 0]]);
  looks.watch({ fired: Float64Array.of(500, 0, 1), samples: SAMPLES }, false);
  const second = await looks.take(new Mailbox(), false);
  assert.deepEqual([second?.measurement.samples, Array.from(second?.isQuiet ?? [])], [8272, [0, 1, 0]]);
  const last = await looks.take(new Mailbox(), true);
  assert.deepEqual([last?.isComplete, Array.from(last?.isQuiet ?? [])], [true, [0, 1, 1]]);
});

test('complete looks take a small share of the samples that are trained on, however many neurons die', async () => {
  for (const layers of [[layer], [dropout, layer]]) {
    const epochs = 40;
    const { network, seen } = networkOf([always, never, never]);
    const looks = looksOf({ network }, { layers, epochs });
    await looks.take(new Mailbox(), false);
    for (let epoch = 1; epoch < epochs; epoch++) {
      // Another one dies in every epoch.
      looks.watch({ fired: Float64Array.of(500, 0, 1), samples: SAMPLES }, false);
      await looks.take(new Mailbox(), false);
    }
    const rows = seen.reduce((sum, times) => sum + times, 0);
    assert.ok(rows <= epochs * (8272 + 0.09 * SAMPLES), `${rows} rows`);
    assert.ok(
      seen.every((times) => times >= 2),
      'every sample is looked at again and again',
    );
  }
});

test('counters tell of a neuron only if nothing before its output differs in training', async () => {
  const linear = dense(2, { type: 'linear' });
  const activation: LayerSpec = { type: 'activation', activation: { type: 'relu' } };
  for (const [layers, isTold] of [
    [[layer, dropout], true],
    [[layer, normalization], true],
    [[linear, activation, dropout], true],
    [[dropout, layer], false],
    [[linear, normalization, activation], false],
    [[linear, dropout, activation], false],
  ] as const) {
    const looks = looksOf(networkOf([never]), { layers, epochs: 3 });
    await looks.take(new Mailbox(), false);
    looks.watch({ fired: Float64Array.of(0), samples: SAMPLES }, false);
    const look = await looks.take(new Mailbox(), false);
    assert.deepEqual(
      [look?.measurement.samples, look?.isQuiet[0]],
      isTold ? [1034, 1] : [8272, 0],
      JSON.stringify(layers),
    );
  }
});

test('a neuron that counters do not tell of stays silent from one complete look to the next', async () => {
  const looks = looksOf(networkOf([never]), { layers: [dropout, layer], epochs: 100 });
  const samples: number[] = [await samplesOf(looks)];
  for (let epoch = 0; epoch < 34; epoch++) {
    looks.watch({ fired: Float64Array.of(0), samples: SAMPLES }, false);
    const look = await looks.take(new Mailbox(), false);
    assert.ok(look);
    assert.equal(look.isQuiet[0], 1);
    samples.push(look.measurement.samples);
  }
  assert.deepEqual(new Set(samples), new Set([1034, SAMPLES]));
  assert.equal(samples.filter((count) => count === SAMPLES).length, 3);
});

test('a neuron that fires at the end of an epoch is alive, and no more samples are used to find out', async () => {
  const looks = looksOf(networkOf([always, never]), { epochs: 3 });
  await looks.take(new Mailbox(), false);
  const end = { fired: Float64Array.of(500, 1), samples: SAMPLES / 4 };
  const rest = { fired: Float64Array.of(500, 0), samples: (3 * SAMPLES) / 4 };
  looks.watch(rest, false);
  looks.watch(end, true);
  const resumed = new Looks(
    networkOf([always, never]).network,
    { layers: [layer], trainIndices: indices, epochs: 3, seed: 1 },
    looks.state,
  );
  for (const each of [looks, resumed]) {
    const look = await each.take(new Mailbox(), false);
    assert.deepEqual([look?.measurement.samples, Array.from(look?.isAlive ?? [])], [1034, [0, 1]]);
  }
  looks.watch({ ...end, samples: SAMPLES }, true);
  looks.watch(rest, false);
  const later = await looks.take(new Mailbox(), false);
  assert.deepEqual([later?.measurement.samples, Array.from(later?.isAlive ?? [])], [8272, [0, 0]], 'that was before');
  looks.watch(end, true);
  const last = await looks.take(new Mailbox(), true);
  assert.deepEqual(
    [last?.isComplete, Array.from(last?.isAlive ?? [])],
    [true, [0, 0]],
    'what all samples say is final',
  );
});

test('what is saved for complete looks goes along with a checkpoint', async () => {
  const { network } = networkOf([always, never]);
  const job = { layers: [layer], trainIndices: indices, epochs: 20, seed: 1 };
  const looks = new Looks(network, job);
  await looks.take(new Mailbox(), false);
  for (let epoch = 0; epoch < 4; epoch++) looks.watch({ fired: Float64Array.of(500, 1), samples: SAMPLES }, false);
  const resumed = new Looks(network, job, JSON.parse(JSON.stringify(looks.state)) as LooksState);
  for (const each of [looks, resumed]) {
    for (let epoch = 0; epoch < 4; epoch++) each.watch({ fired: Float64Array.of(500, 1), samples: SAMPLES }, false);
  }
  assert.deepEqual(resumed.state, looks.state);
  assert.equal(await samplesOf(resumed), await samplesOf(looks));
});

test('z > 0 means nothing for a tanh neuron, so no more samples are used', async () => {
  assert.equal(await samplesOf(looksOf(networkOf([never], { activation: 'tanh' }))), 1034);
});

test('small networks are judged on more samples than large ones', async () => {
  for (const [parameterCount, samples] of [
    [13, 2048],
    [100_000, 600],
    [10_000_000, 512],
  ] as const)
    assert.equal(await samplesOf(looksOf(networkOf([always], { parameterCount }))), samples);
});

test('small training sets are used completely, very large ones in part', async () => {
  const network = networkOf([never]);
  const few = looksOf(network, { trainIndices: indices.slice(0, 300) });
  assert.equal((await few.take(new Mailbox(), false))?.measurement.samples, 300);
  const many = looksOf(network, { trainIndices: Int32Array.from({ length: 200_000 }, (_, i) => i % SAMPLES) });
  const look = await many.take(new Mailbox(), true);
  assert.deepEqual(
    [look?.measurement.samples, look?.isComplete, Array.from(look?.isQuiet ?? [])],
    [131_072, false, [0]],
  );
});

test('an order to stop interrupts a verdict', async () => {
  const mailbox = new Mailbox();
  mailbox.push({ type: 'pause' });
  assert.equal(await looksOf(networkOf([never])).take(mailbox, false), null);
});
