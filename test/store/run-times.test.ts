/** What the times of a run promise, whatever the clocks do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withStore, STORE_KINDS } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

for (const kind of STORE_KINDS) {
  test(`the times of a run never go back, also where the clock does (${kind})`, () =>
    withStore(kind, async (store) => {
      const ahead = '2100-01-01T00:00:00.000Z';
      const setBack = (column: string, id: string) =>
        store.pool.query(`update runs set ${column} = $2 where id = $1`, [id, ahead]);
      const { id } = await store.runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
      // As a clock leaves it that was ahead and then set right, in a database of an earlier version too.
      await setBack('created_at', id);
      await store.pool.query('update runs set last_at = null where id = $1', [id]);
      const claimed = await store.runs.claim(id, 'worker');
      assert.equal(claimed?.startedAt, ahead);
      const lease = { runId: id, attempt: 1 };
      const state = { step: 1, epoch: 0, isFinal: true, isBest: false, state: new Uint8Array(8), keep: 1, best: null };
      const later = '2100-01-01T00:00:01.000Z';
      await store.pool.query('update runs set last_at = $2 where id = $1', [id, later]);
      await store.log.append(lease, [{ type: 'checkpoint', ...state }], { to: 'succeeded' });
      const run = await store.runs.get(id);
      assert.deepEqual([run?.createdAt, run?.startedAt, run?.finishedAt], [ahead, ahead, later]);
      assert.deepEqual(
        (await store.checkpoints.list(id)).map(({ createdAt }) => createdAt),
        [later],
      );
      const messages = (await store.log.read(id, 1, 10)).flatMap((record) =>
        record.kind === 'message' ? record.message.at : [],
      );
      assert.deepEqual(messages, [ahead, later, later]);

      const cancelled = await store.runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
      await setBack('last_at', cancelled.id);
      assert.equal(
        (await store.runs.transition(cancelled.id, { from: ['queued'], to: 'cancelled' }))?.finishedAt,
        ahead,
      );
    }));
}
