import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { RelumineApiError } from '../../src/client/index.ts';
import type { Run } from '../../src/vocabulary/index.ts';
import { ended, startService, type TestService } from '../support/service.ts';

const experiment = 'to go';

describe('a whole experiment', () => {
  let from: TestService;
  let to: TestService;
  let runs: Run[];
  let archive: Buffer<ArrayBuffer>;
  before(async () => {
    [from, to] = [await startService({ trains: true }), await startService({ kind: 'server', workers: 0 })];
    const { id: uploaded } = await from.client.uploadDataset({
      name: 'and',
      task: 'classification',
      inputs: [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      targets: [0, 0, 0, 1],
    });
    const job = {
      experiment,
      model: { layers: [{ type: 'dense' as const, units: 6, activation: 'relu' as const }] },
      training: { epochs: 3, seed: 1 },
    };
    const first = await from.client.submit({ ...job, name: 'für 💡', dataset: { name: 'moons', samples: 200 } });
    await ended(from, first.id);
    const second = await from.client.submit({ ...job, parentId: first.id, dataset: { id: uploaded! } });
    await ended(from, second.id);
    const third = await from.client.submit({
      ...job,
      dataset: { name: 'moons' },
      training: { epochs: 100_000, seed: 1 },
    });
    for await (const message of from.client.watch(third.id)) if (message.type === 'metrics') break;
    await from.client.pause(third.id);
    for await (const message of from.client.watch(third.id))
      if (message.type === 'status' && message.status === 'paused') break;
    runs = await Promise.all([first, second, third].map(({ id }) => from.client.get(id)));
    archive = Buffer.from(await buffer(await from.client.exportExperiment(experiment, { data: true })));
  });
  after(async () => {
    await from.remove();
    await to.remove();
  });

  it('comes into another service as it was, from an embedded database to a server', async () => {
    const answer = await to.client.importArchive(archive);
    assert.deepEqual(
      answer.runs,
      runs.map(({ id }) => ({ from: id, to: id })),
    );
    assert.equal(answer.datasets.length, 1);
    for (const run of runs) {
      const imported = await to.client.get(run.id);
      if (run.status === 'succeeded') assert.deepEqual(imported, run);
      else assert.deepEqual([run.status, imported.status, imported.progress], ['paused', 'cancelled', run.progress]);
      for (const format of ['json', 'tfjs'] as const)
        assert.deepEqual(await to.client.model(run.id, format), await from.client.model(run.id, format), format);
      const reports = ({ client }: TestService) =>
        Promise.all([
          client.metrics(run.id, { points: 'all' }),
          client.neurons(run.id),
          client.checkpoints(run.id),
          client.events(run.id),
        ]);
      assert.deepEqual(await reports(to), await reports(from));
      const messages: unknown[] = [];
      for await (const message of to.client.watch(run.id, { snapshots: false })) messages.push(message);
      assert.ok(messages.length > 3, 'its log has an end');
    }
    assert.deepEqual(await to.client.evaluation(runs[0]!.id), await from.client.evaluation(runs[0]!.id));
    assert.equal((await to.client.dataset(runs[1]!.spec.dataset.id!)).name, 'and');
    assert.deepEqual(
      (await to.client.listPage({ filter: 'training.epochs = 3 and dataset.name = "moons"' })).data.map(({ id }) => id),
      [runs[0]!.id],
    );
    assert.equal((await to.client.get(runs[1]!.id)).parentId, runs[0]!.id);
  });

  it('gets new ids where its own are taken, and finds its parents and its data set by them', async () => {
    const { runs: ids, datasets } = await from.client.importArchive(new Blob([archive]).stream());
    assert.ok(ids.every(({ from: old, to: fresh }) => old !== fresh));
    assert.ok(
      datasets.every(({ from: old, to: same }) => old === same),
      'the same content is not stored again',
    );
    const [parent, child] = await Promise.all(ids.map(({ to: id }) => from.client.get(id)));
    assert.equal(child?.parentId, parent?.id);
    assert.deepEqual(child?.spec, runs[1]!.spec);
    for (const { to: id } of ids) await from.client.delete(id);
  });

  it('is imported whole or not at all', async () => {
    const before = (await to.client.listPage({ limit: 500 })).data.length;
    const tar = gunzipSync(archive);
    const flipped = Buffer.from(tar);
    // Within the content of a page, so the archive's own form stays whole.
    const at = tar.indexOf('"optimizer"') + 3;
    flipped[at] = flipped[at]! ^ 1;
    const newer = gzipSync(Buffer.from(tar.toString('latin1').replace('"version":1', '"version":9'), 'latin1'));
    for (const [damage, bytes, message] of [
      ['cut', archive.subarray(0, archive.length >> 1), /damaged|end/],
      ['cut between parts', gzipSync(tar.subarray(0, 1024)), /end is missing|damaged/],
      ['changed', gzipSync(flipped), /checksum/],
      ['newer', newer, /version 9/],
      ['no gzip', Buffer.from('hello'), /damaged/],
      ['no tar', gzipSync(Buffer.alloc(2048, 7)), /damaged/],
      ['empty', gzipSync(Buffer.alloc(1024)), /empty/],
    ] as const)
      await assert.rejects(to.client.importArchive(Uint8Array.from(bytes)), (error: unknown) => {
        assert.ok(error instanceof RelumineApiError, String(error));
        assert.deepEqual([error.code, error.status], ['INVALID_FILE', 400], damage);
        assert.match(error.message, message, damage);
        return true;
      });
    assert.equal((await to.client.listPage({ limit: 500 })).data.length, before);
    await assert.rejects(from.client.exportExperiment('nothing'), /no run of an experiment "nothing"/);
  });
});
