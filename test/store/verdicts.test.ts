import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import fc from 'fast-check';
import { packIfMany, packNeurons, wholeNeurons } from '../../src/schemas/packed-neurons.ts';
import type { Lease, NeuronBatch } from '../../src/store/store.ts';
import { CERTIFICATES, LIFE_EVENT_TYPES, NEURON_STATES, type Neurons } from '../../src/vocabulary/index.ts';
import { describeStores } from '../support/database.ts';
import { largeVerdict } from '../support/large-verdict.ts';
import { heldRun } from '../support/runs.ts';

const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const measured = fc.option(number);
const neuron = fc.record(
  {
    state: fc.constantFrom(...NEURON_STATES),
    permanent: fc.boolean(),
    certificate: fc.option(fc.constantFrom(...CERTIFICATES)),
    firedFraction: number,
    firedBound: number,
    minPreActivation: measured,
    maxPreActivation: measured,
    meanAbs: measured,
    outputRange: measured,
    gradientZero: fc.boolean(),
    tauScore: measured,
    bias: number,
    incomingNorm: number,
    outgoingNorm: number,
    history: fc.array(
      fc.record(
        { type: fc.constantFrom(...LIFE_EVENT_TYPES), step: fc.nat(), after: fc.nat() },
        { requiredKeys: ['type', 'step'], noNullPrototype: true },
      ),
      { maxLength: 3 },
    ),
  },
  { noNullPrototype: true },
);

test('packed neurons are the same neurons', () => {
  fc.assert(
    fc.property(fc.array(fc.array(neuron, { maxLength: 6 }), { maxLength: 4 }), (layers) => {
      const verdict: Neurons = {
        ...largeVerdict(0, []),
        layers: layers.map((neurons, i) => ({
          ...largeVerdict(0, [0]).layers[0]!,
          name: `dense_${i + 1}`,
          units: neurons.length,
          neurons: neurons.map((health, index) => ({ index, ...health })),
        })),
      };
      assert.deepEqual(wholeNeurons(packNeurons(verdict)), verdict);
    }),
  );
  const few = largeVerdict(1, [100, 100]);
  assert.deepEqual(packIfMany(few), { neurons: few });
  assert.equal(packIfMany(largeVerdict(1, [4000, 97])).parts?.length, 3);
});

const all = async (batches: AsyncIterable<NeuronBatch>): Promise<[number, number][]> => {
  const found: [number, number][] = [];
  for await (const { layer, neurons } of batches) for (const { index } of neurons) found.push([layer, index]);
  return found;
};

describeStores((store) => {
  const keep = (lease: Lease, verdict: Neurons, evidence: unknown = { at: verdict.step }) =>
    store().log.append(
      lease,
      [{ type: 'verdict', step: verdict.step, ...packIfMany(verdict), evidence, histograms: null }],
      {},
    );

  test('the verdict on a large network is kept in parts, replaced as a whole, and read from any neuron on', async () => {
    const lease = await heldRun(store());
    const wide = largeVerdict(10, [5000, 3, 2500]);
    await keep(lease, largeVerdict(10, [6000, 3, 2500]));
    await keep(lease, wide);
    assert.deepEqual(await store().verdicts.at(lease.runId), { step: 10, neurons: wide, evidence: { at: 10 } });
    assert.deepEqual(wholeNeurons((await store().verdicts.packed(lease.runId, 99))!), wide);
    const dead = (await store().verdicts.at(lease.runId, 10, ['dead']))!.neurons;
    assert.deepEqual(
      dead.layers.map(({ neurons }) => neurons),
      wide.layers.map(({ neurons }) => neurons.filter(({ state }) => state === 'dead')),
    );
    const [outline] = await store().verdicts.all(lease.runId);
    assert.deepEqual(
      outline?.neurons.layers.map(({ neurons, counts }) => [neurons.length, counts]),
      wide.layers.map(({ counts }) => [0, counts]),
    );
    const opened = (await store().verdicts.open(lease.runId))!;
    const places = wide.layers.flatMap(({ neurons }, layer) => neurons.map(({ index }) => [layer, index]));
    assert.deepEqual(await all(opened.batches()), places);
    assert.deepEqual(await all(opened.batches({ layer: 0, neuron: 4321 })), places.slice(4321));
    assert.deepEqual(await all(opened.batches({ layer: 1, neuron: 2 })), places.slice(5002));
    assert.deepEqual(await all(opened.batches({ layer: 2, neuron: 2500 })), []);
    await keep(lease, largeVerdict(10, [3]));
    assert.deepEqual((await store().verdicts.at(lease.runId))?.neurons, largeVerdict(10, [3]), 'no part is left');
    await keep(lease, wide);
    await store().runs.delete(lease.runId);
    const { rowCount } = await store().pool.query('select from verdict_parts where run_id = $1', [lease.runId]);
    assert.equal(rowCount, 0);
  });

  test('a large verdict of an earlier version is read whole, and its pages are the same', async () => {
    const lease = await heldRun(store());
    const wide = largeVerdict(7, [20_000, 400]);
    const noisy = {
      ...wide,
      layers: wide.layers.map((layer) => ({
        ...layer,
        neurons: layer.neurons.map((health) => ({ ...health, bias: Math.sin(health.index * 7919) })),
      })),
    };
    const data = await promisify(deflate)(JSON.stringify({ neurons: noisy, evidence: { of: 'old' } }));
    assert.ok(data.length > 256 * 1024, `${data.length}`);
    await store().pool.query('insert into verdicts (run_id, step, data, created_at) values ($1, 7, $2, now())', [
      lease.runId,
      data,
    ]);
    assert.deepEqual(await store().verdicts.at(lease.runId), { step: 7, neurons: noisy, evidence: { of: 'old' } });
    const opened = (await store().verdicts.open(lease.runId))!;
    assert.equal((await all(opened.batches({ layer: 0, neuron: 19_999 }))).length, 401);
    assert.deepEqual((await store().verdicts.all(lease.runId))[0]?.evidence, { of: 'old' });
  });
});
