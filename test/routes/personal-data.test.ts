/** What is kept about a person: to take along, and to erase. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { STORE_KINDS } from '../support/database.ts';
import { clientOf, keyOf, register, signIn } from '../support/people.ts';
import { ask, rehearsed, startService, type TestService } from '../support/service.ts';

for (const kind of STORE_KINDS)
  describe(`a person's data, ${kind}`, () => {
    let service: TestService;
    before(async () => {
      service = await startService({ workers: 0, kind });
    });
    after(() => service.remove());

    it('is exported whole, erased whole, and what the person made stays', async () => {
      const owner = clientOf(service, await keyOf(service, await register(service, 'Olga', { isOwner: true })));
      const person = await register(service, 'Grace Hopper', { email: 'grace@example.org' });
      await owner.projects.setMember('default', { person: person.id, role: 'member' });
      const key = await keyOf(service, person);
      const grace = clientOf(service, key);
      const cookie = await signIn(service, 'Grace Hopper');
      const run = await grace.submit({ ...rehearsed(), name: 'compiler' });
      await grace.saveView({ name: 'my view', page: 'runs', state: '' });
      const stranger = clientOf(service, await keyOf(service, await register(service, 'Eve')));
      await assert.rejects(stranger.people.export(person.id), { code: 'PERSON_NOT_FOUND', status: 404 });
      await assert.rejects(stranger.people.erase(person.id), { code: 'PERSON_NOT_FOUND', status: 404 });

      const text = await new Response(await grace.people.export(person.id)).text();
      const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        [...new Set(lines.map(({ type }) => type))],
        ['person', 'membership', 'session', 'key', 'run', 'view', 'auditEntry'],
      );
      assert.equal(lines.find(({ type }) => type === 'run')?.['id'], run.id);
      assert.equal(lines.find(({ type }) => type === 'person')?.['email'], 'grace@example.org');
      for (const secret of [key.slice(-20), cookie.split('=')[1]!, '$argon2id$']) assert.ok(!text.includes(secret));
      assert.equal(
        await new Response(await owner.people.export(person.id)).text().then((all) => all.includes('compiler')),
        true,
      );

      await grace.people.erase(person.id);
      const credentials: Record<string, string>[] = [{ authorization: `Bearer ${key}` }, { cookie }];
      for (const headers of credentials) assert.equal((await ask(`${service.url}/v1/me`, { headers })).status, 401);
      assert.equal((await owner.get(run.id)).createdBy, null);
      await assert.rejects(owner.people.erase(person.id), { code: 'PERSON_NOT_FOUND', status: 404 });
      const { rows } = await service.stations.store.pool.query<{ all: string }>(
        `select coalesce(string_agg(row_to_json(audit_entries)::text, ''), '') as all from audit_entries`,
      );
      assert.doesNotMatch(rows[0]!.all, /grace|hopper/i);
      assert.match(rows[0]!.all, /erased person/);
      for (const table of ['people', 'sessions', 'api_keys', 'memberships', 'invitations', 'answers'])
        assert.doesNotMatch(
          (
            await service.stations.store.pool.query<{ all: string }>(
              `select coalesce(string_agg(row_to_json(${table})::text, ''), '') as all from ${table}`,
            )
          ).rows[0]!.all,
          new RegExp(`grace|hopper|${person.id}`, 'i'),
          table,
        );
    });

    it('the last owner stays', async () => {
      const [owner] = await service.stations.store.people.list();
      const client = clientOf(service, await keyOf(service, owner!));
      await assert.rejects(client.people.erase(owner!.id), { code: 'LAST_OWNER', status: 409 });
      const second = await register(service, 'Second', { isOwner: true });
      await client.people.erase(owner!.id);
      assert.deepEqual(
        (await service.stations.store.people.list()).filter(({ isOwner }) => isOwner).map(({ id }) => id),
        [second.id],
      );
    });
  });
