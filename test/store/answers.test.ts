import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.ts';
import type { AnswerKey } from '../../src/store/store.ts';
import { describeStores, STORE_KINDS, withDatabase } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

const within = (key: string, scope = 'POST /v1/runs'): AnswerKey => ({ scope, key });

describeStores((store) => {
  test('the first request is new, a repeated one gets its response, another body is a conflict', async () => {
    const { answers } = store();
    assert.deepEqual(await answers.begin(within('key 1'), 'body'), { state: 'new' });
    assert.deepEqual(await answers.begin(within('key 1'), 'body'), { state: 'pending' });
    assert.deepEqual(await answers.begin(within('key 1'), 'other'), { state: 'conflict' });
    const body = JSON.stringify({ id: 'run_1', notes: 'ü\u0000'.repeat(10_000) });
    await answers.keep(within('key 1'), { status: 201, body: body, location: null });
    assert.deepEqual(await answers.begin(within('key 1'), 'body'), {
      state: 'kept',
      status: 201,
      location: null,
      body,
    });
    assert.deepEqual(await answers.begin(within('key 1'), 'other'), { state: 'conflict' });
    await answers.forget(within('key 1'));
    assert.equal(
      (await answers.begin(within('key 1'), 'body')).state,
      'kept',
      'an answer that was given is not forgotten',
    );
  });

  test('the same key in another scope is a different request', async () => {
    const { answers } = store();
    const [own, other] = [within('key 0', 'anna POST /v1/runs'), within('key 0', 'ben POST /v1/runs')];
    assert.deepEqual(await answers.begin(own, 'body'), { state: 'new' });
    await answers.keep(own, { status: 201, body: '"of anna"', location: null });
    assert.deepEqual(await answers.begin(other, 'body'), { state: 'new' });
    await answers.forget(other);
    assert.deepEqual(await answers.begin(other, 'another body'), { state: 'new' });
    await answers.keep(other, { status: 201, body: '"of ben"', location: null });
    assert.deepEqual(await answers.begin(own, 'body'), {
      state: 'kept',
      status: 201,
      location: null,
      body: '"of anna"',
    });
    assert.deepEqual(await answers.begin(other, 'another body'), {
      state: 'kept',
      status: 201,
      location: null,
      body: '"of ben"',
    });
  });

  test('of concurrent requests, one is new', async () => {
    const begun = await Promise.all(Array.from({ length: 10 }, () => store().answers.begin(within('key 2'), 'body')));
    assert.deepEqual(begun.map(({ state }) => state).toSorted(), [
      'new',
      ...Array.from({ length: 9 }, () => 'pending'),
    ]);
  });

  test('a failed request frees its key', async () => {
    await store().answers.begin(within('key 3'), 'body');
    await store().answers.forget(within('key 3'));
    assert.deepEqual(await store().answers.begin(within('key 3'), 'other'), { state: 'new' });
  });

  test('what was created by a request that failed later is answered to the next one', async () => {
    const { answers, runs } = store();
    const key = within('key 5');
    const source = {
      kind: 'trained' as const,
      spec: jobSpec(),
      progress: progressAt(0),
      origin: { project: 'default', createdBy: null, answer: key },
    };
    await answers.begin(key, 'body');
    const { id } = await runs.create(source);
    await answers.forget(key);
    assert.deepEqual(await answers.begin(key, 'other'), { state: 'conflict' });
    assert.deepEqual(await answers.begin(key, 'body'), { state: 'made', id });
    await store().pool.query(`update answers set owner = 'process_faster', made = null where key = 'key 5'`);
    await assert.rejects(runs.create(source), { code: 'IDEMPOTENCY_PENDING' }, 'another process has gone on with it');
    await assert.rejects(store().views.create({ name: 'v', page: 'runs', state: '' }, source.origin), {
      code: 'IDEMPOTENCY_PENDING',
    });
  });

  test('the key is free after 24 hours, or as soon as the process of its request is gone', async () => {
    const age = (key: string, interval: string) =>
      store().pool.query('update answers set created_at = now() - $2::interval where key = $1', [key, interval]);
    const own = (key: string, owner: string | null) =>
      store().pool.query('update answers set owner = $2 where key = $1', [key, owner]);
    await store().answers.begin(within('key 4'), 'body');
    await own('key 4', null); // By an earlier version.
    await age('key 4', '1 minute');
    assert.equal((await store().answers.begin(within('key 4'), 'body')).state, 'pending');
    await age('key 4', '3 minutes');
    assert.deepEqual(await store().answers.begin(within('key 4'), 'other'), { state: 'new' });
    await age('key 4', '23 hours');
    assert.equal((await store().answers.begin(within('key 4'), 'other')).state, 'pending', 'this process handles it');
    await own('key 4', 'process_gone');
    assert.deepEqual(await store().answers.begin(within('key 4'), 'body'), { state: 'new' }, 'at once');
    await store().answers.keep(within('key 4'), { status: 200, body: '{}', location: null });
    await age('key 4', '23 hours');
    assert.equal((await store().answers.begin(within('key 4'), 'body')).state, 'kept');
    await age('key 4', '25 hours');
    assert.deepEqual(await store().answers.begin(within('key 4'), 'body'), { state: 'new' });
  });
});

for (const kind of STORE_KINDS) {
  test(`old responses are removed when the store opens (${kind})`, () =>
    withDatabase(kind, async (database) => {
      const first = await openStore(database);
      for (const key of ['old', 'new']) {
        await first.answers.begin(within(key), 'body');
        await first.answers.keep(within(key), { status: 200, body: '{}', location: null });
      }
      await first.answers.begin(within('pending'), 'body');
      await first.pool.query(`update answers set created_at = now() - interval '2 days' where key = 'old'`);
      await first.close();
      const second = await openStore(database);
      const { rows } = await second.pool.query<{ key: string }>('select key from answers order by key');
      // No other process can be handling requests on an embedded database.
      assert.deepEqual(
        rows.map(({ key }) => key),
        kind === 'embedded' ? ['new'] : ['new', 'pending'],
      );
      await second.close();
    }));
}
