import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import type { Store } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

const hashOf = (token: string) => createHash('sha256').update(token).digest();
const newRun = ({ runs }: Store) => runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
const link = (runs: string[], token: string, more: object = {}) => ({
  tokenHash: hashOf(token),
  kind: 'comparison' as const,
  project: 'default',
  runs,
  createdBy: null,
  expiresAt: null,
  ...more,
});

describeStores((store) => {
  it('finds a share link by the hash of its token, until it ends', async () => {
    const [one, two] = [await newRun(store()), await newRun(store())];
    const { shareLinks } = store();
    const made = await shareLinks.create(link([two.id, one.id], 'token'));
    const found = await shareLinks.identify(hashOf('token'));
    assert.equal(found?.credential, made.id);
    assert.deepEqual(new Set(found.runs), new Set([one.id, two.id]));
    assert.equal(await shareLinks.identify(hashOf('Token')), null);
    assert.equal(await shareLinks.identify(Buffer.from('token')), null);
    await shareLinks.touch(made.id);
    assert.ok((await shareLinks.get(made.id))?.lastUsedAt);

    assert.deepEqual(
      (await shareLinks.list(['default'], two.id)).map(({ id }) => id),
      [made.id],
    );
    assert.deepEqual(await shareLinks.list(['another'], two.id), []);
    assert.equal(await shareLinks.get(made.id, ['another']), null);
    assert.equal(await shareLinks.get("share_'; drop table"), null);

    const heard = accessHint(store());
    assert.deepEqual([await shareLinks.revoke(made.id), await shareLinks.revoke(made.id)], [true, false]);
    await heard;
    assert.equal(await shareLinks.identify(hashOf('token')), null);
    await shareLinks.create(link([one.id], 'old', { expiresAt: new Date(Date.now() - 1).toISOString() }));
    assert.equal(await shareLinks.identify(hashOf('old')), null);
  });

  it('shows by a link only runs that exist in its project', async () => {
    const [stays, moves, goes] = [await newRun(store()), await newRun(store()), await newRun(store())];
    const { shareLinks, projects, runs } = store();
    await shareLinks.create(link([stays.id, moves.id, goes.id, 'run_nothing'], 'three'));
    const elsewhere = await projects.create(`elsewhere ${stays.id}`);
    await runs.move(moves.id, elsewhere.id);
    await runs.delete(goes.id);
    assert.deepEqual((await shareLinks.identify(hashOf('three')))?.runs, [stays.id]);
  });

  it('keeps comments with their run, in order and in pages', async () => {
    const run = await newRun(store());
    const { comments, runs } = store();
    const write = (text: string, neuron: number | null = null) =>
      comments.create({
        runId: run.id,
        layer: neuron === null ? null : 'dense_1',
        neuron,
        text,
        mentions: [],
        author: null,
      });
    const written = [await write('one'), await write('two\0', 3), await write('e\u0301', 4)];
    assert.deepEqual(
      written.map((comment) => comment?.text),
      ['one', 'two\uFFFD', '\u00E9'],
    );
    const first = await comments.list(run.id, { limit: 2 });
    assert.deepEqual([first.data, first.hasMore], [written.slice(0, 2), true]);
    const rest = await comments.list(run.id, { limit: 2, after: first.nextCursor ?? '' });
    assert.deepEqual([rest.data, rest.nextCursor], [written.slice(2), null]);
    assert.deepEqual((await comments.list(run.id, { layer: 'dense_1', neuron: 3, limit: 9 })).data, [written[1]]);
    await assert.rejects(comments.list(run.id, { limit: 1, after: 'x' }), { code: 'INVALID_REQUEST' });
    assert.equal(await comments.countSince(null, new Date(Date.now() + 60_000)), 0);

    await runs.delete(run.id);
    assert.deepEqual((await comments.list(run.id, { limit: 9 })).data, []);
    assert.equal(await write('too late'), null);
  });

  it('names authors and those mentioned as they are called now, and nobody who was erased', async () => {
    const run = await newRun(store());
    const { comments, people, pool } = store();
    const register = async (name: string, isOwner: boolean) => {
      const registration = await people.create({ name: `${name} ${run.id}`, isOwner });
      if (typeof registration === 'string') throw new Error(registration);
      return registration.person;
    };
    const [ada, bob] = [await register('ada', true), await register('bob', false)];
    const comment = await comments.create({
      runId: run.id,
      layer: null,
      neuron: null,
      text: '@bob',
      mentions: [bob.id],
      author: ada.id,
    });
    assert.deepEqual(
      [comment?.author, comment?.mentions],
      [{ id: ada.id, name: ada.name }, [{ id: bob.id, name: bob.name }]],
    );
    assert.deepEqual((await comments.mentioning(bob.id, ['default'], { limit: 5 })).data, [comment]);
    assert.deepEqual((await comments.mentioning(bob.id, ['another'], { limit: 5 })).data, []);
    const readers = (await comments.readers('default')).map(({ id }) => id);
    assert.ok(readers.includes(ada.id) && !readers.includes(bob.id));
    await people.change(bob.id, { name: `robert ${run.id}` });
    await pool.query('delete from people where id = $1', [ada.id]);
    const later = await comments.get(run.id, comment?.id ?? '');
    assert.deepEqual([later?.author, later?.mentions], [null, [{ id: bob.id, name: `robert ${run.id}` }]]);
  });
});

/** Once the store tells every process to look at its readers again. */
const accessHint = (store: Store): Promise<void> =>
  new Promise((resolve) => {
    const stop = store.subscribe(({ type }) => {
      if (type !== 'access') return;
      stop();
      resolve();
    });
  });
