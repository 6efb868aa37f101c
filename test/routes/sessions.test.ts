import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CreatedKey, Key, List, Me, Session, SignIn } from '../../src/vocabulary/index.ts';
import { clientOf, cookieOf, keyOf, PASSWORD, register, signIn } from '../support/people.ts';
import { ask, codeOf, startService, type TestService } from '../support/service.ts';

describe('a service on which nobody is registered', () => {
  it('is open, and says so', async () => {
    const service = await startService({ workers: 0 });
    try {
      assert.deepEqual(await service.client.session.ways(), {
        object: 'signIn',
        isOpen: true,
        oidc: null,
        needsOwner: false,
      });
      const me = await service.client.me();
      assert.deepEqual([me.via, me.person, me.isOwner], ['open', null, true]);
      assert.deepEqual(me.projects, [{ id: 'default', name: 'default', role: 'admin' }]);
      assert.deepEqual(await service.client.keys.list(), []);
      await assert.rejects(service.client.keys.create({ name: 'x' }), { code: 'WRONG_STATE' });
      // A key or a cookie of another service does no harm.
      const answer = await ask(`${service.url}/v1/runs`, {
        headers: { authorization: 'Bearer rlm_x', cookie: 'relumine_session=x' },
      });
      assert.equal(answer.status, 200);
    } finally {
      await service.remove();
    }
  });

  it('on another address than loopback lets nobody in', async () => {
    const service = await startService({ workers: 0, config: { host: '0.0.0.0' } });
    try {
      for (const path of ['/v1/runs', '/v1/me', '/v1/engines', '/metrics'])
        assert.equal((await ask(service.url + path)).status, 401, path);
      assert.equal((await ask(`${service.url}/health/ready`)).status, 200);
      assert.deepEqual((await ask(`${service.url}/v1/session`)).body, {
        object: 'signIn',
        isOpen: false,
        oidc: null,
        needsOwner: true,
      } satisfies SignIn);
    } finally {
      await service.remove();
    }
  });
});

describe('once somebody is registered', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ workers: 0 });
    await register(service, 'Ada', { isOwner: true, email: 'ada@example.org' });
    await register(service, 'Bob');
  });
  after(() => service.remove());

  const send = (path: string, init: Parameters<typeof ask>[1] = {}) => ask(service.url + path, init);

  it('nobody gets in without a key or a session', async () => {
    for (const [path, init] of [
      ['/v1/runs', {}],
      ['/v1/runs', { json: { anything: 1 } }],
      ['/v1/runs/run_x', {}],
      ['/v1/me', { headers: { authorization: 'Bearer rlm_00000000_wrong' } }],
      ['/v1/me', { headers: { authorization: 'Basic eDp5' } }],
      ['/v1/me', { headers: { cookie: 'relumine_session=wrong; other="' } }],
      ['/metrics', {}],
    ] as const) {
      const answer = await send(path, init);
      assert.deepEqual([answer.status, codeOf(answer)], [401, 'UNAUTHENTICATED'], path);
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
    }
    assert.equal((await send('/health/live')).status, 200);
    assert.equal((await send('/v1/nothing')).status, 404);
  });

  it('people sign in by name or e-mail address, and out', async () => {
    for (const name of ['Ada', ' ada ', 'ＡＤＡ', 'ADA@example.org']) {
      const answer = await send('/v1/session', { json: { name, password: PASSWORD } });
      assert.equal(answer.status, 200, name);
      const cookie = answer.headers.get('set-cookie') ?? '';
      assert.match(cookie, /^relumine_session=[\w-]{43}; Max-Age=1209600; Path=\/; HttpOnly; SameSite=Lax$/);
      const me = (await send('/v1/me', { headers: { cookie: cookieOf(answer) } })).body as Me;
      assert.deepEqual([me.via, me.person?.name, me.isOwner], ['session', 'Ada', true]);
    }
    const cookie = await signIn(service, 'Bob');
    const ended = await send('/v1/session', { method: 'DELETE', headers: { cookie } });
    assert.equal(ended.status, 204);
    assert.match(ended.headers.get('set-cookie') ?? '', /^relumine_session=; Max-Age=0/);
    assert.equal((await send('/v1/me', { headers: { cookie } })).status, 401);
  });

  it('the cookie is only for TLS where the browser came by it, as a trusted proxy says', async () => {
    const behind = await startService({ workers: 0, config: { trustProxy: 'loopback' } });
    try {
      await register(behind, 'Ada', { isOwner: true });
      const json = { name: 'Ada', password: PASSWORD };
      const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
      const answer = await ask(`${behind.url}/v1/session`, { json, headers });
      assert.match(answer.headers.get('set-cookie') ?? '', /; Secure/);
      const list = await ask(`${behind.url}/v1/sessions`, { headers: { cookie: cookieOf(answer) } });
      assert.deepEqual(
        (list.body as List<Session>).data.map(({ address }) => address),
        ['203.0.113.9'],
      );
      const untrusted = await send('/v1/session', { json, headers });
      assert.doesNotMatch(untrusted.headers.get('set-cookie') ?? '', /Secure/);
    } finally {
      await behind.remove();
    }
  });

  it('a wrong password and an unknown name get the same answer', async () => {
    const wrong = await send('/v1/session', { json: { name: 'Ada', password: 'wrong password' } });
    const unknown = await send('/v1/session', { json: { name: 'Nobody', password: 'wrong password' } });
    assert.deepEqual([wrong.status, wrong.body], [unknown.status, unknown.body]);
    assert.equal(wrong.status, 401);
    assert.equal(wrong.headers.get('set-cookie'), null);
    for (const json of [
      {},
      { name: 'Ada' },
      { name: 1, password: 2 },
      { name: '', password: '' },
      { name: 'Ada', password: PASSWORD, x: 1 },
    ])
      assert.equal((await send('/v1/session', { json })).status, 400, JSON.stringify(json));
  });

  it('sessions are listed and ended', async () => {
    const [one, two] = [await signIn(service, 'Bob'), await signIn(service, 'Bob')];
    const list = async (cookie: string) =>
      ((await send('/v1/sessions', { headers: { cookie } })).body as List<Session>).data;
    const [newest, older] = await list(two);
    assert.deepEqual([newest?.isCurrent, older?.isCurrent], [true, false]);
    assert.equal(newest?.address, '127.0.0.1');
    const end = (id = '', cookie = two) => send(`/v1/sessions/${id}`, { method: 'DELETE', headers: { cookie } });
    const adas = await signIn(service, 'Ada');
    assert.equal(codeOf(await end(older?.id, adas)), 'SESSION_NOT_FOUND');
    assert.equal((await end(older?.id)).status, 204);
    assert.equal((await send('/v1/me', { headers: { cookie: one } })).status, 401);
    assert.equal((await list(two)).length, 1);
  });

  it('pages of other sites cannot use a session', async () => {
    const cookie = await signIn(service, 'Ada');
    const order = (headers: Record<string, string>) =>
      send('/v1/keys', { json: { name: 'csrf' }, headers: { cookie, ...headers } });
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[])
      assert.deepEqual([(await order(headers)).status, codeOf(await order(headers))], [403, 'FORBIDDEN_ORIGIN']);
    assert.equal((await order({ origin: service.url, 'sec-fetch-site': 'same-origin' })).status, 201);
  });

  it('keys let programs in as far as their scope goes', async () => {
    const cookie = await signIn(service, 'Ada');
    const made = await send('/v1/keys', { json: { name: ' nightly ' }, headers: { cookie } });
    const created = made.body as CreatedKey;
    assert.equal(made.status, 201);
    assert.match(created.key, /^rlm_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}$/);
    assert.deepEqual([created.name, created.scopes, created.expiresAt], ['nightly', ['write'], null]);
    assert.ok(created.key.startsWith(`${created.prefix}_`));
    const client = clientOf(service, created.key);
    const me = await client.me();
    assert.deepEqual([me.via, me.isOwner, me.projects[0]?.role], ['key', false, 'member']);
    await assert.rejects(client.keys.create({ name: 'another' }), { code: 'FORBIDDEN' });
    const find = async () => (await client.keys.list()).find(({ id }) => id === created.id);
    let listed = await find();
    // Its use is noted beside the requests.
    while (listed?.lastUsedAt === null) listed = await find();
    assert.ok(!JSON.stringify(listed).includes(created.key.slice(13)), 'the key itself is never shown again');
    await client.session.signOut();
    await assert.rejects(client.me(), { code: 'UNAUTHENTICATED' });
  });

  it('nobody makes or revokes keys of others, but an owner those of service accounts', async () => {
    const [ada, bob] = await Promise.all(['Ada', 'Bob'].map((name) => service.stations.store.people.find(name)));
    const robot = await register(service, 'Robot', { isService: true });
    const adas = clientOf(service, await keyOf(service, ada!));
    const bobs = clientOf(service, await keyOf(service, bob!));
    await assert.rejects(bobs.keys.create({ name: 'x', person: 'Robot' }), { code: 'FORBIDDEN' });
    await assert.rejects(adas.keys.create({ name: 'x', person: 'Bob' }), { code: 'FORBIDDEN' });
    await assert.rejects(adas.keys.create({ name: 'x', person: 'Eve' }), { code: 'PERSON_NOT_FOUND' });
    const key = await adas.keys.create({ name: 'robot', person: 'Robot', scopes: ['read'] });
    assert.equal(key.person.id, robot.id);
    await assert.rejects(bobs.keys.revoke(key.id), { code: 'KEY_NOT_FOUND' });
    await assert.rejects(bobs.keys.revoke('key_nothing'), { code: 'KEY_NOT_FOUND' });
    assert.ok((await adas.keys.list()).some(({ id }: Key) => id === key.id));
    await adas.keys.revoke(key.id);
    await assert.rejects(clientOf(service, key.key).me(), { code: 'UNAUTHENTICATED' });
    const answer = await send('/v1/session', { json: { name: 'Robot', password: PASSWORD } });
    assert.equal(answer.status, 401, 'a service account has keys only');
  });

  it('a key expires', async () => {
    const ada = clientOf(service, await keyOf(service, (await service.stations.store.people.find('Ada'))!));
    for (const expiresAt of ['yesterday', '2020-01-01T00:00:00Z', '9'])
      await assert.rejects(ada.keys.create({ name: 'x', expiresAt }), { code: 'INVALID_REQUEST' }, expiresAt);
    const key = await ada.keys.create({ name: 'short', expiresAt: new Date(Date.now() + 3600_000).toISOString() });
    assert.equal((await clientOf(service, key.key).me()).via, 'key');
    await service.stations.store.pool.query("update api_keys set expires_at = now() - interval '1 s' where id = $1", [
      key.id,
    ]);
    await service.stations.store.publish({ type: 'access' });
    await assert.rejects(
      async () => {
        for (;;) await clientOf(service, key.key).me();
      },
      { code: 'UNAUTHENTICATED' },
    );
  });

  it('a new password ends the other sessions', async () => {
    await register(service, 'Cleo');
    const [here, there] = [await signIn(service, 'Cleo'), await signIn(service, 'Cleo')];
    const change = (password: string, newPassword: string) =>
      send('/v1/me/password', { json: { password, newPassword }, headers: { cookie: here } });
    assert.equal(codeOf(await change('wrong password', 'another password')), 'FORBIDDEN');
    assert.equal(codeOf(await change(PASSWORD, 'short')), 'INVALID_REQUEST');
    assert.equal((await change(PASSWORD, 'another password')).status, 204);
    assert.equal((await send('/v1/me', { headers: { cookie: here } })).status, 200);
    assert.equal((await send('/v1/me', { headers: { cookie: there } })).status, 401);
    assert.equal((await send('/v1/session', { json: { name: 'Cleo', password: PASSWORD } })).status, 401);
    await signIn(service, 'Cleo', 'another password');
  });

  it('a key is in no answer that is kept for repeated requests', async () => {
    const cookie = await signIn(service, 'Ada');
    const headers = { cookie, 'idempotency-key': 'once' };
    const keys = await Promise.all([1, 2].map(() => send('/v1/keys', { json: { name: 'n' }, headers })));
    assert.equal(new Set(keys.map(({ body }) => (body as CreatedKey).key)).size, 2);
    const { rows } = await service.stations.store.pool.query('select 1 from answers');
    assert.deepEqual(rows, []);
  });
});
