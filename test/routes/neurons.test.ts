import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { packIfMany } from '../../src/schemas/packed-neurons.ts';
import type { NeuronHealth, NeuronsAnswer } from '../../src/vocabulary/index.ts';
import { largeVerdict } from '../support/large-verdict.ts';
import { heldRun } from '../support/runs.ts';
import { ask, codeOf, startService, type TestService } from '../support/service.ts';

const joined = (found: readonly NeuronsAnswer[]): NeuronHealth[][] =>
  found[0]!.layers.map((_, i) => found.flatMap(({ layers }) => layers[i]!.neurons));

describe('the neurons of a large network', () => {
  const verdict = largeVerdict(20, [30_000, 50, 9_000]);
  let service: TestService;
  let id: string;
  before(async () => {
    service = await startService({ workers: 0 });
    const { store } = service.stations;
    const lease = await heldRun(store);
    id = lease.runId;
    for (const whole of [largeVerdict(10, [3, 3, 3]), verdict])
      await store.log.append(
        lease,
        [{ type: 'verdict', step: whole.step, ...packIfMany(whole), evidence: null, histograms: null }],
        {},
      );
  });
  after(() => service.remove());

  async function pages(query: Parameters<TestService['client']['neurons']>[1] = {}): Promise<NeuronsAnswer[]> {
    const found: NeuronsAnswer[] = [];
    for (let next: string | null | undefined; next !== null;) {
      const page: NeuronsAnswer = await service.client.neurons(id, { ...query, ...(next && { after: next }) });
      found.push(page);
      assert.equal(page.hasMore, page.nextCursor !== null);
      next = page.nextCursor;
    }
    return found;
  }

  it('come in pages, each with the counts of every layer', async () => {
    const found = await pages();
    assert.deepEqual(
      found.map(({ layers }) => layers.reduce((sum, { neurons }) => sum + neurons.length, 0)),
      [16_384, 16_384, 39_050 - 2 * 16_384],
    );
    for (const page of found)
      assert.deepEqual(
        page.layers.map(({ name, units, counts }) => ({ name, units, counts })),
        verdict.layers.map(({ name, units, counts }) => ({ name, units, counts })),
      );
    assert.deepEqual(
      joined(found),
      verdict.layers.map(({ neurons }) => neurons),
    );
    const small = await pages({ limit: 100, layer: 'dense_2' });
    assert.deepEqual(joined(small), [verdict.layers[1]!.neurons]);
    const odd = await pages({ limit: 17, layer: 'dense_2' });
    assert.deepEqual([odd.length, joined(odd)], [3, [verdict.layers[1]!.neurons]]);
  });

  it('are filtered across pages, and a page stays with its verdict', async () => {
    const dead = await pages({ state: 'dead', limit: 1000 });
    assert.deepEqual(
      joined(dead),
      verdict.layers.map(({ neurons }) => neurons.filter(({ state }) => state === 'dead')),
    );
    assert.deepEqual(joined(await pages({ diedAfter: 5 })), [[], [], []]);
    const [first] = await pages({ step: 10, limit: 4 });
    assert.deepEqual([first!.step, first!.nextCursor], [10, '10.1.1']);
    assert.equal((await service.client.neurons(id, { after: first!.nextCursor! })).step, 10);
  });

  it('are counted without being sent', async () => {
    const counts = await service.client.neurons(id, { limit: 0 });
    assert.deepEqual(
      counts.layers.map(({ neurons, counts: { dead } }) => [neurons.length, dead]),
      [
        [0, 3000],
        [0, 5],
        [0, 900],
      ],
    );
    assert.equal(counts.hasMore, true);
  });

  it('are a table of every neuron', async () => {
    const text = await (await fetch(`${service.url}/v1/runs/${id}/neurons?format=csv&state=dead`)).text();
    assert.equal(text.trim().split('\r\n').length, 1 + 3905);
  });

  it('are diagnosed', async () => {
    const { findings } = await service.client.diagnosis(id);
    assert.match(findings.find(({ layer }) => layer === 'dense_1')?.message ?? '', /^3000 of 30000 neurons of dense_1/);
  });

  it('refuse what is not a cursor', async () => {
    for (const wrong of [
      'after=1',
      'after=1.2.x',
      `after=${2 ** 31}.0.0`,
      'format=csv&after=20.0.0',
      'format=csv&limit=3',
      'limit=-1',
      'layer=none',
    ])
      assert.equal(codeOf(await ask(`${service.url}/v1/runs/${id}/neurons?${wrong}`)), 'INVALID_REQUEST', wrong);
    assert.equal((await service.client.neurons(id, { after: '20.99.0' })).hasMore, false);
  });
});
