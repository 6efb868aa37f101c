/** The embedded database on a disk that fills up: a real one, small and in memory. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../src/store/open-store.ts';
import { DatabaseUnavailable } from '../../src/store/postgres/availability.ts';
import type { Lease, Store } from '../../src/store/store.ts';
import { putDatabase } from '../support/database.ts';
import { heldRun } from '../support/runs.ts';
import { mountSmallDisk, NO_DISK, type SmallDisk } from '../support/small-disk.ts';

const MIB = 1024 * 1024;
const isFull = (error: unknown): boolean =>
  error instanceof DatabaseUnavailable && /disk of DATA_DIR is full/.test(error.message) && error.status === 503;

interface Scene {
  disk: SmallDisk;
  store: Store;
  lease: Lease;
  said: string[];
  ended: string[];
}

async function onSmallDisk(context: TestContext, body: (scene: Scene) => Promise<void>): Promise<void> {
  const disk = await mountSmallDisk(220);
  if (!disk) {
    context.skip(NO_DISK);
    return;
  }
  const said: string[] = [];
  const ended: string[] = [];
  const say = (_: object, sentence: string): void => void said.push(sentence);
  try {
    await putDatabase(disk.folder);
    const store = await openStore({
      databaseUrl: null,
      dataDir: disk.folder,
      logger: { info: say, warn: say, error: say },
      onFatal: (reason) => ended.push(reason),
    });
    try {
      await body({ disk, store, lease: await heldRun(store), said, ended });
    } finally {
      await store.close();
    }
  } finally {
    await disk.remove();
  }
}

const append = ({ log }: Store, lease: Lease, step: number) =>
  log.append(lease, [{ type: 'metrics', step, steps: [step], values: { loss: [step] } }], {});

async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      assert.ok(error instanceof DatabaseUnavailable, String(error));
      await delay(100);
    }
  }
}

test(
  'on a full disk reads go on, writes say why they fail, and with space all goes on',
  { timeout: 120_000 },
  (context) =>
    onSmallDisk(context, async ({ disk, store, lease, said, ended }) => {
      await append(store, lease, 1);
      for (let round = 0; round < 3; round++) {
        const seq = await store.log.lastSeq(lease.runId);
        await disk.fill();
        // A second is enough for the service to notice; until then it has its own space left.
        while (store.availability.outage?.kind !== 'full') await delay(20);
        for (let i = 0; i < 20; i++) {
          await assert.rejects(append(store, lease, 2), isFull);
          assert.equal((await store.runs.get(lease.runId))?.id, lease.runId);
          assert.equal(await store.log.lastSeq(lease.runId), seq);
          assert.equal((await store.log.read(lease.runId, 0, 1000)).at(-1)?.seq, seq);
        }
        assert.throws(() => store.space?.checkRoom(), isFull);
        await disk.free();
        const records = await untilItWorks(() => append(store, lease, 3));
        assert.deepEqual(
          records?.map((record) => record.seq),
          [seq + 1],
          'no gap, and nothing twice',
        );
        while (store.availability.outage) await delay(20);
      }
      assert.equal(said.filter((sentence) => /is full/.test(sentence)).length, 3, 'once per outage');
      assert.equal(said.filter((sentence) => /can be used again/.test(sentence)).length, 3);
      assert.deepEqual(ended, []);
    }),
);

test('a database that could not write its log is opened again, and recovers', { timeout: 120_000 }, (context) =>
  onSmallDisk(context, async ({ disk, store, lease, ended }) => {
    const records = await append(store, lease, 1);
    assert.ok(await stat(join(disk.folder, 'reserve')));
    await disk.fill();
    // As if it had not been noticed in time: log after log, until a segment cannot be created.
    await assert.rejects(async () => {
      const client = await store.pool.connect();
      try {
        for (;;) await client.query(`select pg_logical_emit_message(false, 'x', repeat('x', 500000))`);
      } finally {
        client.release(true);
      }
    }, DatabaseUnavailable);
    const isThere = await untilItWorks(() => store.runs.get(lease.runId));
    assert.equal(isThere?.id, lease.runId, 'read while the disk is full, thanks to the reserve');
    await assert.rejects(append(store, lease, 2), isFull);
    await disk.free();
    const after = await untilItWorks(() => append(store, lease, 2));
    assert.equal(after?.[0]?.seq, (records?.at(-1)?.seq ?? 0) + 1);
    assert.deepEqual(ended, []);
  }),
);

test('with little space left, new runs are refused and those that have begun go on', { timeout: 60_000 }, (context) =>
  onSmallDisk(context, async ({ disk, store, lease, said }) => {
    store.space?.checkRoom();
    await disk.fill(80 * MIB);
    assert.throws(() => store.space?.checkRoom(), { code: 'STORAGE_FULL', status: 507 });
    assert.throws(() => store.space?.checkRoom(), { code: 'STORAGE_FULL' });
    assert.ok(await append(store, lease, 1));
    await disk.free();
    store.space?.checkRoom();
    assert.equal(said.filter((sentence) => /almost full/.test(sentence)).length, 1, 'said once');
  }),
);
