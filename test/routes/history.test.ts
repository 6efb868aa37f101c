import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeSnapshot, type MetricsAnswer } from '../../src/vocabulary/index.ts';
import { Gate } from '../support/gate.ts';
import { heldRun } from '../support/runs.ts';
import { ask, codeOf, ended, rehearsed, startService, type TestService } from '../support/service.ts';

describe('the history of a run', () => {
  let service: TestService;
  let id: string;
  before(async () => {
    service = await startService();
    const gate = new Gate();
    ({ id } = await service.client.submit(rehearsed({ chunks: 60, chunkMs: 1, ...gate.at(200) })));
    // A slow database keeps fewer snapshots; at a gate the run waits until the newest is stored.
    for (const step of [200, 400]) {
      for await (const message of service.client.watch(id))
        if (message.type === 'snapshot' && message.header.step === step) break;
      gate.open(step + 200);
    }
    await ended(service, id);
    gate.remove();
  });
  after(() => service.remove());

  it('has every metric point on request', async () => {
    const { series, runId, object } = await service.client.metrics(id, { points: 'all' });
    assert.deepEqual([object, runId], ['metrics', id]);
    assert.deepEqual(
      series['loss']?.steps,
      Array.from({ length: 600 }, (_, step) => step),
    );
    assert.deepEqual(series['loss']?.values[1], 0.5);
  });

  it('has fewer points on request, including the extremes', async () => {
    const { series } = await service.client.metrics(id, { points: 50 });
    const { steps, values } = series['loss']!;
    assert.ok(steps.length <= 100 && steps.length >= 25, `${steps.length} points`);
    assert.deepEqual([Math.max(...(values as number[])), Math.min(...(values as number[]))], [1, 1 / 600]);
  });

  it('can be limited to steps and keys', async () => {
    const { series } = await service.client.metrics(id, { points: 'all', keys: ['loss'], fromStep: 10, toStep: 12 });
    assert.deepEqual(series, { loss: { steps: [10, 11, 12], values: [1 / 11, 1 / 12, 1 / 13] } });
    assert.deepEqual((await service.client.metrics(id, { keys: ['nothing'] })).series, {});
  });

  it('has every point of a long run as JSON that is written as it is read', async () => {
    const { store } = service.stations;
    const lease = await heldRun(store);
    const count = 150_000;
    for (let from = 0; from < count; from += 5_000) {
      const steps = Array.from({ length: 5_000 }, (_, i) => from + i);
      const loss = steps.map((step) => (step % 999 === 5 ? null : Math.sin(step)));
      await store.log.append(
        lease,
        [{ type: 'metrics', step: from + 4_999, steps, values: { loss, learningRate: steps }, every: 4 }],
        {},
      );
    }
    const url = `${service.url}/v1/runs/${lease.runId}/metrics?points=all&times=true&smoothing=0.5`;
    const response = await fetch(`${url}&fromStep=10`);
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.equal(response.headers.get('content-length'), null, 'its length is not known before');
    const { object, runId, series, times } = (await response.json()) as MetricsAnswer;
    assert.deepEqual([object, runId], ['metrics', lease.runId]);
    assert.deepEqual(Object.keys(series), ['loss', 'learningRate']);
    const { steps, values, smoothed, every } = series['loss']!;
    assert.deepEqual([steps.length, steps[0], steps.at(-1), every], [count - 10, 10, count - 1, 4]);
    assert.ok(values.every((value, i) => value === ((i + 10) % 999 === 5 ? null : Math.sin(i + 10))));
    assert.deepEqual([smoothed!.length, smoothed!.indexOf(null)], [count - 10, 999 + 5 - 10]);
    assert.ok(times!.steps.length > 10);
    const few = await store.metrics.read(lease.runId, { points: 'all', smoothing: 0.5, fromStep: 10, toStep: 90_000 });
    assert.deepEqual(
      await (await fetch(`${url}&fromStep=10&toStep=90000`)).json().then((answer) => (answer as MetricsAnswer).series),
      few,
    );
  });

  it('has snapshots as binary frames, in order', async () => {
    const response = await fetch(`${service.url}/v1/runs/${id}/snapshots?limit=3`);
    assert.equal(response.headers.get('content-type'), 'application/octet-stream');
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.deepEqual(decodeSnapshot(bytes).header.layers, [{ name: 'dense_1', units: 2, activation: 'relu' }]);
    const snapshots = await service.client.snapshots(id, { limit: 3 });
    assert.equal(snapshots.length, 3);
    assert.deepEqual(
      snapshots.map(({ header }) => header.step),
      snapshots.map(({ header }) => header.step).toSorted((a, b) => a - b),
    );
    assert.deepEqual([...snapshots[0]!.data], [0.5, 0, 1, 1, 0, 0]);
  });

  it('has checkpoints, the last one final', async () => {
    const { data } = await service.client.checkpoints(id);
    assert.deepEqual(data.map(({ step, isFinal }) => [step, isFinal]).at(-1), [600, true]);
  });

  it('has events after a given one', async () => {
    const events = await service.client.events(id);
    assert.deepEqual([events.object, events.hasMore, events.nextCursor], ['list', false, null]);
    assert.ok(events.data.every(({ type }) => type === 'event'));
  });

  it('has no neurons before the first verdict', async () => {
    assert.equal(codeOf(await ask(`${service.url}/v1/runs/${id}/neurons`)), 'NEURONS_NOT_FOUND');
    assert.deepEqual((await service.client.diagnosis(id)).object, 'diagnosis');
  });

  it('is refused for an invalid query', async () => {
    for (const query of [
      'metrics?points=1',
      'metrics?points=many',
      'metrics?fromStep=-1',
      'events?after=x',
      'snapshots?limit=0',
      'neurons?state=zombie',
      'neurons?step=1.5',
    ]) {
      assert.equal(codeOf(await ask(`${service.url}/v1/runs/${id}/${query}`)), 'INVALID_REQUEST', query);
    }
  });
});
