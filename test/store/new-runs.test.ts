/** Runs that are created at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.ts';
import { NoRoom, type RunSource } from '../../src/store/store.ts';
import { withStore, STORE_KINDS } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

for (const kind of STORE_KINDS) {
  test(`runs that are created at once by two processes do not pass a limit (${kind})`, () =>
    withStore(kind, async (store, database) => {
      // Only one process may open an embedded database.
      const other = kind === 'server' ? await openStore(database) : store;
      try {
        const { id: project } = await store.projects.create('limited');
        await store.projects.change(project, { limits: { queuedRuns: 4 } });
        const create = async (index: number, of: string, service: number | null) => {
          const source: RunSource = {
            kind: 'trained',
            spec: jobSpec({ priority: index % 3 }),
            progress: progressAt(0),
            origin: { project: of, createdBy: null },
            room: { service, project: null, person: null },
          };
          try {
            return await [store, other][index % 2]!.runs.create(source);
          } catch (error) {
            assert.ok(error instanceof NoRoom);
            return error;
          }
        };
        const inProject = await Promise.all(Array.from({ length: 60 }, (_, index) => create(index, project, null)));
        assert.equal(inProject.filter((made) => !(made instanceof NoRoom)).length, 4);
        const refused = inProject.find((made) => made instanceof NoRoom);
        assert.deepEqual([refused?.of, refused?.waiting, refused?.limit], ['project', 4, 4]);
        const all = await Promise.all(Array.from({ length: 60 }, (_, index) => create(index, 'default', 7)));
        const created = all.filter((made) => !(made instanceof NoRoom));
        assert.equal(created.length, 3, 'four wait already');
        assert.equal((await store.runs.counts()).queued, 7);
      } finally {
        if (other !== store) await other.close();
      }
    }));

  test(`one bad run among those that are created at once does not keep the others out (${kind})`, () =>
    withStore(kind, async (store) => {
      const make = (project: string) =>
        store.runs.create({
          kind: 'trained',
          spec: jobSpec(),
          progress: progressAt(0),
          origin: { project, createdBy: null },
        });
      const made = await Promise.allSettled(['default', 'default', 'none', 'default'].map(make));
      assert.deepEqual(
        made.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
      );
      const positions = made.map((each) => (each.status === 'fulfilled' ? each.value.queuePosition : null));
      assert.deepEqual(positions, [0, 1, null, 2]);
    }));
}
