/** Projects take turns, and nobody has more runs running than allowed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groupName, Turns, type ConcurrencyLimits } from '../../src/queue/turns.ts';
import type { WaitingGroup } from '../../src/store/store.ts';
import type { Run } from '../../src/vocabulary/index.ts';
import { describeStores } from '../support/database.ts';
import { rehearsalJob } from '../support/rehearsal-job.ts';
import { rehearse, type Options, type Rehearsal } from '../support/rehearsal.ts';

const group = (project: string, more: Partial<WaitingGroup> = {}): WaitingGroup => ({
  project,
  person: null,
  queued: 100,
  running: 0,
  servedAt: null,
  projectLimit: undefined,
  personLimit: undefined,
  ...more,
});
const at = (day: number) => ({ servedAt: new Date(Date.UTC(2026, 10, day)) });
const unlimited: ConcurrencyLimits = { project: null, person: null };

/** The projects of the next `count` runs, as letters; `-`: none. */
function play(groups: WaitingGroup[], count: number, limits = unlimited): string {
  const turns = new Turns(groups, limits);
  return Array.from({ length: count }, () => {
    const turn = turns.next();
    if (!turn) return '-';
    const mine = groups.find((each) => each.project === turn.project && !turn.others.includes(groupName(each)))!;
    turns.take(turn.project, groupName(mine));
    return turn.project;
  }).join('');
}

describe('the next run', () => {
  it('comes from each project in turn, by name if nothing else decides', () => {
    assert.equal(play([group('c'), group('a'), group('b', { queued: 1 })], 7), 'abcacac');
  });
  it('comes from the project with the fewest runs running', () => {
    assert.equal(play([group('a', { running: 2 }), group('b')], 5), 'bbaba');
  });
  it('comes, of equals, from the one that was served longest ago, and first from one that never was', () => {
    assert.equal(play([group('a', at(3)), group('b', at(2)), group('c', at(1)), group('d')], 8), 'dcbadcba');
  });
  it('comes from nobody who has as many running as allowed', () => {
    assert.equal(play([group('a'), group('b', { queued: 2 })], 6, { project: 2, person: null }), 'abab--');
    assert.equal(play([group('a', { projectLimit: 0 }), group('b', { projectLimit: 3 })], 5), 'bbb--');
    assert.equal(play([group('a', { projectLimit: null })], 3, { project: 1, person: null }), 'aaa');
  });
  it('counts the runs of a person in all projects, and leaves the others their turn', () => {
    const groups = [
      group('a', { person: 'ada', running: 1 }),
      group('b', { person: 'ada' }),
      group('b', { person: 'bob', queued: 2, personLimit: 5 }),
      group('b', { queued: 1 }),
    ];
    assert.equal(play(groups, 5, { project: null, person: 1 }), 'bbb--');
    const turn = new Turns(groups, { project: null, person: 1 }).next();
    assert.deepEqual(turn, { project: 'b', others: ['a/ada', 'b/ada'] });
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
    const running = async (): Promise<number> => {
      const all = await Promise.all(runs.map(({ id }) => store().runs.state(id)));
      return all.filter((state) => state?.status === 'running').length;
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
      const { submit, queue, ended, reopen } = rehearsal;
      const [from, to] = [await project('from'), await project('to')];
      const ids: string[] = [];
      for (const of of [from, from, to, from, to])
        ids.push((await submit(rehearsalJob({ chunks: 1 }), { project: of, createdBy: null })).id);
      await store().runs.move(ids[0]!, to);
      await queue.regroup(ids[0]!);
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
