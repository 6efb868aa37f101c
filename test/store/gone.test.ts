/** What is referred to may be deleted a moment before: the change is refused in words, and nothing is written. */
import assert from 'node:assert/strict';
import { it, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { goneBehind } from '../../src/store/postgres/gone.ts';
import type { Store } from '../../src/store/store.ts';
import { createDatabase, describeStores } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';
import { startService } from '../support/service.ts';

const GONE = '00000000000000000000000000';
const project = `project_${GONE}`,
  person = `person_${GONE}`;
const origin = { project, createdBy: null, answer: null };
const view = { name: 'a', page: 'runs', state: '' } as const;
const webhook = { name: 'a', url: 'http://127.0.0.1/', events: ['run.failed'] } as const;

const CHANGES: Record<string, (store: Store) => Promise<unknown>> = {
  'a new view': ({ views }) => views.create(view, origin),
  'a view that moves': async ({ views }) => views.change((await views.create(view)).id, { project }),
  'a new webhook': ({ webhooks }) => webhooks.create({ ...webhook, events: [...webhook.events], project }, 's', null),
  'a run that moves': async ({ runs }) => {
    const { id } = await runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    return runs.move(id, project);
  },
  'an invitation': ({ invitations }) =>
    invitations.create({
      tokenHash: Buffer.alloc(32),
      email: null,
      project,
      role: 'viewer',
      asOwner: false,
      createdBy: null,
      expiresAt: new Date(),
    }),
  'a key': ({ keys }) =>
    keys.create({
      personId: person,
      name: 'a',
      short: 'abcdefgh',
      longHash: Buffer.alloc(32),
      scopes: ['read'],
      expiresAt: null,
    }),
};

describeStores((store) => {
  for (const [what, change] of Object.entries(CHANGES))
    it(`${what} with what is gone`, async () => {
      await assert.rejects(change(store()), (error) => {
        const wanted = what === 'a key' ? ['PERSON_NOT_FOUND', 404, person] : ['PROJECT_NOT_FOUND', 404, project];
        const { code, status, message } = goneBehind(error) ?? {};
        assert.deepEqual([code, status, /"(.*)"/.exec(message ?? '')?.[1]], wanted);
        return true;
      });
    });
});

test('a view is moved into a project that is deleted meanwhile', { timeout: 60_000 }, async () => {
  const database = await createDatabase('server');
  const service = await startService({ database });
  const pool = new pg.Pool({ connectionString: database.databaseUrl! });
  const other = await pool.connect();
  try {
    const { id: into } = await service.client.projects.create({ name: 'into' });
    const { id } = await service.client.saveView(view);
    await other.query('begin');
    await other.query('select from views where id = $1 for update', [id]);
    const moved = service.client.patchView(id, { project: into }).catch((error: unknown) => error);
    const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await pool.query(waits)).rows.length === 0) await delay(10);
    await other.query('delete from projects where id = $1', [into]);
    await other.query('commit');
    const { code, status } = (await moved) as { code: string; status: number };
    assert.deepEqual([code, status], ['PROJECT_NOT_FOUND', 404]);
    assert.equal((await service.client.views())[0]?.project, 'default');
  } finally {
    other.release();
    await pool.end();
    await service.remove();
    await database.remove();
  }
});
