/** Projects take turns, and nobody has more runs running than allowed. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ClaimLimits, Store } from '../../src/store/store.ts';
import type { Limits, Run } from '../../src/vocabulary/index.ts';
import { describeStores } from '../support/database.ts';
import { rehearsalJob } from '../support/rehearsal-job.ts';
import { rehearse, type Options, type Rehearsal } from '../support/rehearsal.ts';
import { progressAt } from '../support/runs.ts';

interface Group {
  project: string;
  person?: string;
  queued?: number;
  running?: number;
}
type Own = Record<string, Limits>;

/** Removes every run, every other project and everybody. */
async function empty({ pool }: Store): Promise<void> {
  await pool.query('truncate runs cascade');
  await pool.query(`delete from projects where id <> 'default'`);
  await pool.query('delete from people');
}

/**
 * The projects of the next `count` runs, as letters; `-`: none. `limits` are those of projects, and of people by their
 * names.
 */
async function play(
  store: Store,
  groups: readonly Group[],
  count: number,
  {
    usual = { project: null, person: null },
    own = {},
    served = [],
  }: { usual?: ClaimLimits; own?: Own; served?: string[] } = {},
): Promise<string> {
  await empty(store);
  await store.people.create({ name: 'owner', isOwner: true });
  const names = new Map<string, string>();
  const projects = new Map<string, string>();
  for (const name of [...new Set([...served, ...groups.map(({ project }) => project)])].toSorted()) {
    const { id } = await store.projects.create(name);
    await store.projects.change(id, { limits: own[name] ?? {} });
    projects.set(name, id);
    names.set(id, name);
  }
  const people = new Map<string, string>();
  for (const name of new Set(groups.flatMap(({ person }) => person ?? []))) {
    const registered = await store.people.create({ name });
    assert.ok(typeof registered === 'object');
    const { id } = registered.person;
    await store.people.change(id, { limits: own[name] ?? {} });
    people.set(name, id);
  }
  const add = (project: string, person?: string): Promise<Run> =>
    store.runs.create({
      kind: 'trained',
      spec: rehearsalJob(),
      progress: progressAt(0),
      origin: { project: projects.get(project)!, createdBy: people.get(person ?? '') ?? null },
    });
  for (const name of served) {
    const { id } = await add(name);
    assert.ok(await store.runs.claim(id, 'earlier'));
    await store.runs.delete(id);
  }
  for (const { project, person, running = 0 } of groups)
    for (let index = 0; index < running; index++)
      assert.ok(await store.runs.claim((await add(project, person)).id, 'earlier'));
  if (served.length === 0) await store.pool.query('update projects set served_at = null');
  for (const { project, person, queued = 8 } of groups)
    for (let index = 0; index < queued; index++) await add(project, person);
  let order = '';
  while (order.length < count) {
    const run = await store.runs.claim(null, 'worker', usual);
    order += run ? names.get(run.project) : '-';
  }
  return order;
}

describeStores((opened, kind) => {
  describe(`the next run (${kind})`, () => {
    afterEach(() => empty(opened()));

    it('comes from each project in turn, by age if nothing else decides', async () => {
      assert.equal(
        await play(opened(), [{ project: 'c' }, { project: 'a' }, { project: 'b', queued: 1 }], 7),
        'abcacac',
      );
    });
    it('comes from the project with the fewest runs running', async () => {
      assert.equal(await play(opened(), [{ project: 'a', running: 2 }, { project: 'b' }], 5), 'bbaba');
    });
    it('comes, of equals, from the one that was served longest ago, and first from one that never was', async () => {
      const groups = ['a', 'b', 'c', 'd'].map((project) => ({ project }));
      assert.equal(await play(opened(), groups, 8, { served: ['c', 'b', 'a'] }), 'dcbadcba');
    });
    it('comes from nobody who has as many running as allowed', async () => {
      const two = { project: 2, person: null };
      assert.equal(await play(opened(), [{ project: 'a' }, { project: 'b', queued: 2 }], 6, { usual: two }), 'abab--');
      const own = { a: { concurrentRuns: 0 }, b: { concurrentRuns: 3 } };
      assert.equal(await play(opened(), [{ project: 'a' }, { project: 'b' }], 5, { own }), 'bbb--');
      const unlimited = { own: { a: { concurrentRuns: null } }, usual: { project: 1, person: null } };
      assert.equal(await play(opened(), [{ project: 'a' }], 3, unlimited), 'aaa');
    });
    it('counts the runs of a person in all projects, and leaves the others their turn', async () => {
      const groups = [
        { project: 'a', person: 'ada', running: 1 },
        { project: 'b', person: 'ada' },
        { project: 'b', person: 'bob', queued: 2 },
        { project: 'b', queued: 1 },
      ];
      const limits = { usual: { project: null, person: 1 }, own: { bob: { concurrentRuns: 5 } } };
      assert.equal(await play(opened(), groups, 5, limits), 'bbb--');
    });
    it('is not kept from the others by a clock that was set back', async () => {
      const store = opened();
      const projects: string[] = [];
      for (const name of ['a', 'b']) projects.push((await store.projects.create(name)).id);
      for (const project of [...projects, ...projects, ...projects]) {
        const origin = { project, createdBy: null };
        await store.runs.create({ kind: 'trained', spec: rehearsalJob(), progress: progressAt(0), origin });
      }
      // As after an hour of summer time.
      await store.pool.query(`update projects set served_at = now() + interval '1 hour'`);
      const order: string[] = [];
      for (let run = await store.runs.claim(null, 'worker'); run; run = await store.runs.claim(null, 'worker')) {
        order.push(run.project);
        await store.runs.transition(run.id, { from: ['running'], to: 'cancelled' });
      }
      assert.deepEqual(order, [...projects, ...projects, ...projects]);
    });
  });
});

describeStores((store) => {
  const name = (words: string): string => `${words}, ${store().kind}`;
  const test = (words: string, options: Options, body: (rehearsal: Rehearsal) => Promise<void>): void => {
    it(words, () => rehearse(store(), options, body));
  };
  const project = async (words: string): Promise<string> => (await store().projects.create(name(words))).id;
  const LONG = { chunks: 1_000_000, chunkMs: 20 };

  test(
    'one project with many runs does not keep another one waiting, and positions are true',
    { workers: 1 },
    async ({ submit, queue, status, ended, startOrder }) => {
      const [greedy, modest] = [await project('greedy'), await project('modest')];
      const first = await submit(rehearsalJob(LONG), { project: greedy, createdBy: null });
      await status(first.id, 'running');
      const short = (of: string, priority = 0): Promise<Run> =>
        submit(rehearsalJob({ chunks: 1 }, { priority }), { project: of, createdBy: null });
      const runs: Run[] = [];
      for (const [of, priority] of [
        [greedy, 0],
        [greedy, 0],
        [greedy, 7],
        [modest, 0],
        [modest, 5],
        ['default', -9],
      ] as const)
        runs.push(await short(of, priority));
      await queue.cancel(first.id);
      await Promise.all(runs.map(({ id }) => ended(id)));
      const order = startOrder().slice(1);
      // `default` and `modest` were never served; then each has its turn.
      assert.deepEqual(
        order,
        [5, 4, 2, 3, 0, 1].map((index) => runs[index]!.id),
      );
      assert.equal(runs[4]!.queuePosition, 0);
    },
  );

  test('positions say in which order runs will start', { workers: 0 }, async ({ submit, queue, ended, reopen }) => {
    const projects = await Promise.all(['one', 'two', 'three'].map(project));
    const ids: string[] = [];
    for (const [index, of] of [0, 0, 0, 0, 1, 2, 2, 1, 0, 2, 2, 2].entries())
      ids.push(
        (
          await submit(rehearsalJob({ chunks: 1 }, { priority: index % 3 }), {
            project: projects[of]!,
            createdBy: null,
          })
        ).id,
      );
    const positions = await store().runs.positions(ids);
    for (const id of ids) assert.equal(await queue.position(id), positions.get(id));
    const { startOrder } = await reopen({ workers: 1 });
    await Promise.all(ids.map((id) => ended(id)));
    assert.deepEqual(
      startOrder(),
      ids.toSorted((a, b) => positions.get(a)! - positions.get(b)!),
    );
    assert.deepEqual(
      [...positions.values()].toSorted((a, b) => a - b),
      ids.map((_, index) => index),
    );
  });

  test('no more runs of a project run at once than it may, on several workers', { workers: 0 }, async (rehearsal) => {
    const { submit, status, ended, gate, reopen } = rehearsal;
    const limited = await project('limited');
    await store().projects.change(limited, { limits: { concurrentRuns: 2 } });
    const held = gate();
    const runs: Run[] = [];
    for (let i = 0; i < 5; i++)
      runs.push(await submit(rehearsalJob({ chunks: 2, ...held.at(10) }), { project: limited, createdBy: null }));
    const other = await submit(rehearsalJob({ chunks: 2, ...held.at(10) }));
    const workers = await Promise.all([1, 2, 3].map(() => reopen({ workers: 2, heartbeatMs: 50 })));
    await status(other.id, 'running');
    // In one statement: one run may end and the next begin between two of them.
    const running = async (): Promise<number> => {
      const { rows } = await store().pool.query<{ count: number }>(
        `select count(*)::int as count from runs where project_id = $1 and status = 'running'`,
        [limited],
      );
      return rows[0]!.count;
    };
    while ((await running()) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    // Every worker has looked for work since, with threads to spare.
    for (const { queue } of workers) assert.ok(queue.threads.total === 2);
    const watched: number[] = [];
    const watch = setInterval(() => void running().then((count) => watched.push(count)), 20);
    held.open();
    await Promise.all(runs.map(({ id }) => ended(id)));
    clearInterval(watch);
    assert.ok(Math.max(...watched) <= 2, `${Math.max(...watched)} at once`);
    const starts = await Promise.all(runs.map(async ({ id }) => (await store().runs.get(id))!));
    assert.ok(starts.every(({ status: last }) => last === 'succeeded'));
  });

  test(
    'a run that is moved while it waits keeps its place, in the turn of its new project',
    { workers: 0 },
    async (rehearsal) => {
      const { submit, ended, reopen } = rehearsal;
      const [from, to] = [await project('from'), await project('to')];
      const ids: string[] = [];
      for (const of of [from, from, to, from, to])
        ids.push((await submit(rehearsalJob({ chunks: 1 }), { project: of, createdBy: null })).id);
      await store().runs.move(ids[0]!, to);
      const positions = await store().runs.positions(ids);
      const { startOrder } = await reopen({ workers: 1 });
      await Promise.all(ids.map((id) => ended(id)));
      assert.deepEqual(
        startOrder(),
        ids.toSorted((a, b) => positions.get(a)! - positions.get(b)!),
      );
      assert.deepEqual(
        [ids[0]!, ids[2]!, ids[4]!],
        startOrder().filter((id) => [ids[0], ids[2], ids[4]].includes(id)),
      );
    },
  );
});
