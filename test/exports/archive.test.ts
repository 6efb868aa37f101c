import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { RelumineApiError } from '../../src/client/index.ts';
import type { Run } from '../../src/vocabulary/index.ts';
import { entriesOf, packed, resealed } from '../support/archives.ts';
import { ended, startService, type TestService } from '../support/service.ts';

const experiment = 'to go';

const series = async ({ client }: TestService, id: string) => (await client.metrics(id, { points: 'all' })).series;

const keptBy = async ({ client }: TestService): Promise<string[]> => {
  const [{ data: list }, datasets] = [await client.listPage({ limit: 500 }), await client.datasets()];
  return [...list.map(({ id }) => id), ...datasets.flatMap(({ id, name }) => id ?? name ?? [])];
};

async function sendWithKey({ url }: TestService, body: Buffer<ArrayBuffer>) {
  const answer = await fetch(`${url}/v1/archives`, {
    method: 'POST',
    headers: { 'content-type': 'application/gzip', 'idempotency-key': 'the same archive' },
    body,
  });
  return { status: answer.status, body: (await answer.json()) as { error?: { code: string } } };
}

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

  it('is imported once for an Idempotency-Key, and other content with the key is refused', async () => {
    assert.equal((await sendWithKey(from, Buffer.from('x'))).body.error?.code, 'INVALID_FILE');
    const first = await sendWithKey(from, archive);
    assert.equal(first.status, 201);
    assert.deepEqual(await sendWithKey(from, archive), first);
    assert.equal((await sendWithKey(from, Buffer.from('x'))).body.error?.code, 'IDEMPOTENCY_CONFLICT');
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
      if (run.status === 'succeeded') assert.deepEqual(imported, { ...run, source: 'imported' });
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

  it('comes back from a server into an embedded database', async () => {
    const back = await buffer(await to.client.exportExperiment(experiment, { data: true }));
    const { runs: ids } = await from.client.importArchive(Uint8Array.from(back));
    for (const { from: there, to: here } of ids) {
      assert.equal((await from.client.get(here)).source, 'imported');
      assert.deepEqual(await from.client.model(here, 'tfjs'), await to.client.model(there, 'tfjs'));
      assert.deepEqual(await series(from, here), await series(to, there));
      await from.client.delete(here);
    }
  });

  it('is imported whole or not at all', async () => {
    const before = await keptBy(to);
    const entries = await entriesOf(archive);
    const page = entries.find(({ name }) => name.includes('/run_messages/'))!;
    const instead = (name: string, data: Buffer) =>
      packed(resealed(entries.map((entry) => (entry === page ? { name, data } : entry))));
    const strangeTable = Buffer.from('{"table":"users","row":{},"bytes":{}}');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(strangeTable.length);
    const huge = Buffer.from(await packed([{ name: 'archive.json', data: Buffer.alloc(1024) }], { size: 2 ** 32 }));
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
      ['a name above its folder', await instead('../../etc/cron.d/page', page.data), /does not belong/],
      ['an absolute name', await instead('/etc/passwd', page.data), /does not belong/],
      ['a row of a strange table', await instead(page.name, Buffer.concat([length, strangeTable])), /known table/],
      ['a row that ends too early', await instead(page.name, page.data.subarray(0, -3)), /too early|not JSON/],
      ['a page of 64 MiB of zeros', await instead(page.name, Buffer.alloc(64 * 1024 * 1024)), /not JSON/],
      ['a part that says it has 4 GiB', huge, /too large/],
      ['more behind its end', await packed([...entries, page]), /behind its end/],
      ['a page that is missing', await packed(entries.filter((entry) => entry !== page)), /checksum/],
    ] as const)
      await assert.rejects(to.client.importArchive(Uint8Array.from(bytes)), (error: unknown) => {
        assert.ok(error instanceof RelumineApiError, String(error));
        assert.deepEqual([error.code, error.status], ['INVALID_FILE', 400], damage);
        assert.match(error.message, message, damage);
        return true;
      });
    assert.deepEqual(await keptBy(to), before);
    await assert.rejects(from.client.exportExperiment('nothing'), /no run of an experiment "nothing"/);
  });
});
