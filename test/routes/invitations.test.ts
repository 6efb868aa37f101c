import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RelumineClient } from '../../src/client/index.ts';
import type { Me } from '../../src/vocabulary/index.ts';
import { clientOf, cookieOf, keyOf, PASSWORD, register, signIn } from '../support/people.ts';
import { ask, codeOf, startService, type TestService } from '../support/service.ts';

const tokenOf = (url: string) => url.slice(url.indexOf('#') + 1);

describe('invitations', () => {
  let service: TestService;
  let owner: RelumineClient;
  let bob: RelumineClient;
  before(async () => {
    service = await startService({ workers: 0 });
    owner = clientOf(service, await keyOf(service, await register(service, 'Ada', { isOwner: true })));
    const person = await register(service, 'Bob');
    bob = clientOf(service, await keyOf(service, person));
    await service.stations.store.pool.query(
      "insert into projects values ('project_x', 'Secret', 'secret', '{}', '{}', now())",
    );
    await service.stations.store.pool.query("insert into memberships values ('default', $1, 'admin', now())", [
      person.id,
    ]);
    await service.stations.store.publish({ type: 'access' });
  });
  after(() => service.remove());

  it('let somebody register, once, as a member of a project', async () => {
    const made = await bob.invitations.create({ project: 'default', email: 'cleo@example.org' });
    assert.match(made.url, new RegExp(`^${service.url}/invitation#[\\w-]{43}$`));
    assert.deepEqual([made.role, made.asOwner, made.createdBy?.name], ['member', false, 'Bob']);
    const token = tokenOf(made.url);
    const seen = await service.client.invitations.look(token);
    assert.deepEqual([seen.projectName, seen.role, seen.email], ['default', 'member', 'cleo@example.org']);
    assert.ok(!('url' in seen));
    const accept = (json: object) => ask(`${service.url}/v1/invitations/accept`, { json: { token, ...json } });
    for (const [json, code] of [
      [{}, 'INVALID_REQUEST'],
      [{ name: 'Cleo' }, 'INVALID_REQUEST'],
      [{ name: 'Cleo', password: 'short' }, 'INVALID_REQUEST'],
      [{ name: ' ', password: PASSWORD }, 'INVALID_REQUEST'],
      [{ name: 'BOB', password: PASSWORD }, 'NAME_TAKEN'],
    ] as const)
      assert.equal(codeOf(await accept(json)), code, JSON.stringify(json));
    const answer = await accept({ name: 'Cleo', password: PASSWORD });
    const me = answer.body as Me;
    assert.deepEqual([me.person?.name, me.person?.email, me.isOwner], ['Cleo', 'cleo@example.org', false]);
    assert.deepEqual(
      me.projects.map(({ id, role }) => [id, role]),
      [['default', 'member']],
    );
    assert.equal((await ask(`${service.url}/v1/me`, { headers: { cookie: cookieOf(answer) } })).status, 200);
    await assert.rejects(service.client.invitations.look(token), { code: 'INVITATION_NOT_FOUND' });
    assert.equal(codeOf(await accept({ name: 'Dan', password: PASSWORD })), 'INVITATION_NOT_FOUND');
    assert.ok((await owner.invitations.list()).find(({ id }) => id === made.id)?.usedAt);
  });

  it('let somebody who is signed in join a project, and never take a role away', async () => {
    const cookie = await signIn(service, 'Bob');
    const join = async (project: string, role: 'viewer' | 'member') => {
      const { url } = await owner.invitations.create({ project, role });
      const answer = await ask(`${service.url}/v1/invitations/accept`, {
        json: { token: tokenOf(url) },
        headers: { cookie },
      });
      return (answer.body as Me).projects.map(({ id, role: held }) => [id, held]);
    };
    assert.deepEqual(await join('Secret', 'viewer'), [
      ['default', 'admin'],
      ['project_x', 'viewer'],
    ]);
    assert.deepEqual(await join('default', 'viewer'), [
      ['default', 'admin'],
      ['project_x', 'viewer'],
    ]);
    assert.deepEqual(await join('secret', 'member'), [
      ['default', 'admin'],
      ['project_x', 'member'],
    ]);
  });

  it('are made and taken back by admins of the project and by owners only', async () => {
    const eve = clientOf(service, await keyOf(service, await register(service, 'Eve')));
    await assert.rejects(eve.invitations.create({ project: 'default' }), { code: 'PROJECT_NOT_FOUND' });
    await assert.rejects(eve.invitations.create({}), { code: 'FORBIDDEN' });
    await assert.rejects(bob.invitations.create({ asOwner: true }), { code: 'FORBIDDEN' });
    await assert.rejects(bob.invitations.create({ project: 'default', asOwner: true }), { code: 'FORBIDDEN' });
    await assert.rejects(bob.invitations.create({ project: 'project_x' }), { code: 'FORBIDDEN' });
    await assert.rejects(owner.invitations.create({ role: 'admin' }), { code: 'INVALID_REQUEST' });
    await assert.rejects(owner.invitations.create({ email: 'nobody' }), { code: 'INVALID_REQUEST' });
    const { id, url } = await owner.invitations.create({ asOwner: true });
    assert.deepEqual(await eve.invitations.list(), []);
    assert.ok(!(await bob.invitations.list()).some((invitation) => invitation.id === id));
    await assert.rejects(bob.invitations.revoke(id), { code: 'INVITATION_NOT_FOUND' });
    await owner.invitations.revoke(id);
    await assert.rejects(service.client.invitations.accept(tokenOf(url), 'Dan', PASSWORD), {
      code: 'INVITATION_NOT_FOUND',
    });
  });

  it('expire', async () => {
    const { id, url } = await owner.invitations.create({ expiresAt: new Date(Date.now() + 3600_000).toISOString() });
    await service.stations.store.pool.query(
      "update invitations set expires_at = now() - interval '1 s' where id = $1",
      [id],
    );
    await assert.rejects(service.client.invitations.look(tokenOf(url)), { code: 'INVITATION_NOT_FOUND' });
  });
});

describe('people', () => {
  let service: TestService;
  let owner: RelumineClient;
  let ada: { id: string };
  before(async () => {
    service = await startService({ workers: 0 });
    ada = await register(service, 'Ada', { isOwner: true });
    owner = clientOf(service, await keyOf(service, ada));
  });
  after(() => service.remove());

  it('who are disabled are signed out, and come back with their keys', async () => {
    const bob = await register(service, 'Bob');
    const key = clientOf(service, await keyOf(service, bob));
    const cookie = await signIn(service, 'Bob');
    await assert.rejects(key.people.list(), { code: 'FORBIDDEN' });
    assert.ok((await owner.people.patch(bob.id, { disabled: true })).disabledAt);
    await assert.rejects(key.me(), { code: 'UNAUTHENTICATED' });
    assert.equal((await ask(`${service.url}/v1/me`, { headers: { cookie } })).status, 401);
    await assert.rejects(service.client.session.signIn('Bob', PASSWORD), { code: 'UNAUTHENTICATED' });
    assert.equal((await owner.people.patch(bob.id, { disabled: false })).disabledAt, null);
    assert.equal((await key.me()).person?.id, bob.id);
  });

  it('always include an owner', async () => {
    for (const patch of [{ isOwner: false }, { disabled: true }])
      await assert.rejects(owner.people.patch(ada.id, patch), { code: 'LAST_OWNER', status: 409 });
    const robot = await owner.people.createServiceAccount('Robot');
    assert.equal((await owner.people.patch(robot.id, { isOwner: true })).isOwner, false);
    const cleo = await register(service, 'Cleo', { isOwner: true });
    const outcomes = await Promise.allSettled([
      service.stations.store.people.change(ada.id, { isOwner: false }),
      service.stations.store.people.change(cleo.id, { disabled: true }),
    ]);
    assert.equal(
      outcomes.filter(({ status, ...rest }) => status === 'fulfilled' && 'value' in rest && rest.value === 'lastOwner')
        .length,
      1,
    );
    await service.stations.store.people.change(cleo.id, { disabled: false });
    await service.stations.store.people.change(ada.id, { isOwner: true });
  });

  it('have names of their own', async () => {
    const robot = await owner.people.createServiceAccount('Builder');
    assert.deepEqual([robot.isService, robot.responsible], [true, { id: ada.id, name: 'Ada' }]);
    await assert.rejects(owner.people.createServiceAccount('ＢＵＩＬＤＥＲ '), { code: 'NAME_TAKEN' });
    await assert.rejects(owner.people.patch(robot.id, { name: 'ada' }), { code: 'NAME_TAKEN' });
    await assert.rejects(owner.people.patch(robot.id, { name: 'a\nb' }), { code: 'INVALID_REQUEST' });
    await assert.rejects(owner.people.patch('person_nothing', { name: 'x' }), { code: 'PERSON_NOT_FOUND' });
    assert.equal((await owner.people.patch(robot.id, { name: 'Builder 2', email: 'b@example.org' })).name, 'Builder 2');
  });
});
