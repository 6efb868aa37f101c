/** Who loses access loses open sockets too, in every process that serves the same database. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { WebSocket, type ClientOptions } from 'ws';
import type { Person, Run } from '../../src/vocabulary/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { clientOf, keyOf, register, signIn } from '../support/people.ts';
import { promptly } from '../support/promptly.ts';
import { ask, codeOf, rehearsed, startService, type TestService } from '../support/service.ts';

const PROMISED_MS = 2000;

const byKey = (key: string) => ({ protocols: ['relumine.v1', `relumine.key.${key}`] });
const byLink = (token: string) => ({ protocols: ['relumine.v1', `relumine.share.${token}`] });
const codeOfClose = async (socket: WebSocket): Promise<number> => ((await once(socket, 'close')) as [number])[0];

describe('open sockets, on two servers with one database', () => {
  let database: TestDatabase;
  let one: TestService;
  let other: TestService;
  let ada: Person;
  let run: Run;
  let adas: string;
  before(async () => {
    database = await createDatabase('server');
    one = await startService({ database, workers: 0 });
    other = await startService({ database, workers: 0 });
    ada = await register(one, 'Ada', { isOwner: true });
    adas = await keyOf(one, ada);
    run = await clientOf(one, adas).submit(rehearsed());
  });
  after(async () => {
    await one.remove();
    await other.remove();
    await database.remove();
  });

  interface Options extends ClientOptions {
    protocols?: string[];
    runId?: string;
  }
  /** A socket that is connected and has heard something. */
  async function follow(
    service: TestService,
    { protocols = [], runId = run.id, ...options }: Options,
  ): Promise<WebSocket> {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/runs/${runId}/stream`, protocols, options);
    await once(socket, 'message');
    return socket;
  }
  /** The close codes of sockets on both servers, once `change` has been made on the first. */
  async function endedBy(change: () => Promise<unknown>, options: Options): Promise<number[]> {
    const sockets = await Promise.all([follow(one, options), follow(other, options)]);
    const closed = Promise.all(sockets.map(codeOfClose));
    await change();
    return closed;
  }
  async function refusal(options: Options, service = one): Promise<number> {
    const { protocols = [], ...rest } = options;
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/runs/${run.id}/stream`, protocols, rest);
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number; resume(): void },
    ];
    response.resume();
    socket.terminate();
    return response.statusCode;
  }

  it('are opened with a key as a subprotocol, which is not repeated, or with a cookie of our own pages', async () => {
    const socket = await follow(one, byKey(adas));
    assert.equal(socket.protocol, 'relumine.v1');
    socket.close();
    const cookie = await signIn(one, 'Ada');
    (await follow(one, { headers: { cookie }, origin: one.url })).close();
    assert.equal(await refusal({ headers: { cookie }, origin: 'https://evil.example' }), 403);
    assert.equal(await refusal({ headers: { cookie: 'relumine_session=x' } }), 401);
    assert.equal(await refusal({}), 401);
    assert.equal(await refusal({ protocols: ['relumine.v1', 'relumine.key.rlm_x_y'] }), 401);
    // In an address, a key would end up in logs.
    assert.equal((await ask(`${one.url}/v1/runs/${run.id}?key=${adas}`)).status, 401);
  });

  it('end when their key is revoked', async () => {
    const owner = clientOf(one, adas);
    let key = '';
    await promptly(PROMISED_MS, async () => {
      const created = await owner.keys.create({ name: 'watch', scopes: ['read'] });
      ({ key } = created);
      let revokedAt = 0;
      const revoke = () => {
        revokedAt = performance.now();
        return owner.keys.revoke(created.id);
      };
      assert.deepEqual(await endedBy(revoke, byKey(key)), [4401, 4401]);
      return performance.now() - revokedAt;
    });
    assert.equal(await refusal(byKey(key), other), 401);
    const watched = clientOf(other, key).watch(run.id);
    await assert.rejects(watched.next(), { status: 401 });
  });

  it('end by the hundred when their key is revoked, and those of other keys stay', async () => {
    const owner = clientOf(one, adas);
    await promptly(PROMISED_MS, async () => {
      const created = await owner.keys.create({ name: 'crowd', scopes: ['read'] });
      const other = await owner.keys.create({ name: 'witness', scopes: ['read'] });
      const witness = await follow(one, byKey(other.key));
      const crowd = await Promise.all(Array.from({ length: 300 }, () => follow(one, byKey(created.key))));
      const codes = Promise.all(crowd.map(codeOfClose));
      const revokedAt = performance.now();
      await owner.keys.revoke(created.id);
      assert.deepEqual(new Set(await codes), new Set([4401]));
      const took = performance.now() - revokedAt;
      assert.equal(witness.readyState, WebSocket.OPEN);
      witness.close();
      await owner.keys.revoke(other.id);
      return took;
    });
  });

  it('end when their session does', async () => {
    const cookie = await signIn(one, 'Ada');
    const signOut = () => ask(`${one.url}/v1/session`, { method: 'DELETE', headers: { cookie, origin: one.url } });
    const options = { headers: { cookie } };
    assert.deepEqual(await endedBy(signOut, options), [4401, 4401]);
  });

  it('end when the person is disabled, leaves the project, or the run moves away', async () => {
    const owner = clientOf(one, adas);
    const bob = await register(one, 'Bob');
    const key = byKey(await keyOf(one, bob, 'read'));
    const { store } = one.stations;
    const join = () => store.projects.setMember('default', bob.id, 'member');
    await join();
    assert.deepEqual(await endedBy(() => store.projects.removeMember('default', bob.id), key), [4403, 4403]);
    assert.equal(await refusal(key, other), 404);
    await join();
    const elsewhere = await owner.projects.create({ name: 'elsewhere' });
    assert.deepEqual(await endedBy(() => store.runs.move(run.id, elsewhere.id), key), [4403, 4403]);
    await store.runs.move(run.id, 'default');
    const watching = clientOf(other, key.protocols[1]!.slice('relumine.key.'.length)).watch(run.id);
    await watching.next();
    const lost = assert.rejects(
      async () => {
        for await (const _ of watching);
      },
      { code: 'UNAUTHENTICATED' },
    );
    assert.deepEqual(await endedBy(() => owner.people.patch(bob.id, { disabled: true }), key), [4401, 4401]);
    await lost;
  });

  it('end when their share link is revoked or expires, and other links stay', async () => {
    const owner = clientOf(one, adas);
    const share = (more: object = {}) => owner.shareLinks.create({ kind: 'run', runs: [run.id], ...more });
    const lasting = await share({ expiresAt: null });
    const witness = await follow(other, byLink(lasting.token));
    assert.equal(witness.protocol, 'relumine.v1');
    await promptly(PROMISED_MS, async () => {
      const link = await share();
      let revokedAt = 0;
      const revoke = () => {
        revokedAt = performance.now();
        return owner.shareLinks.revoke(link.id);
      };
      assert.deepEqual(await endedBy(revoke, byLink(link.token)), [4401, 4401]);
      assert.equal(await refusal(byLink(link.token), other), 401);
      return performance.now() - revokedAt;
    });
    await promptly(PROMISED_MS, async () => {
      const expiresAt = Date.now() + 1500;
      const { token } = await share({ expiresAt: new Date(expiresAt).toISOString() });
      assert.deepEqual(await endedBy(() => Promise.resolve(), byLink(token)), [4401, 4401]);
      assert.equal(await refusal(byLink(token)), 401);
      return Date.now() - expiresAt;
    });
    assert.equal(witness.readyState, WebSocket.OPEN);
    witness.close();
  });

  it('stay open when others lose access', async () => {
    const socket = await follow(other, byKey(adas));
    const { id } = await clientOf(one, adas).keys.create({ name: 'another' });
    const { id: witness, key } = await clientOf(one, adas).keys.create({ name: 'witness' });
    await clientOf(one, adas).keys.revoke(id);
    // The last of two revocations has reached the other server, and with it the first.
    assert.deepEqual(await endedBy(() => clientOf(one, adas).keys.revoke(witness), byKey(key)), [4401, 4401]);
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.close();
  });
});

describe('open sockets of an open service', () => {
  it('end when the first owner registers', async () => {
    const service = await startService({ workers: 0 });
    try {
      const { id } = await service.client.submit(rehearsed());
      const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/runs/${id}/stream`);
      await once(socket, 'message');
      const closed = once(socket, 'close');
      await register(service, 'Ada', { isOwner: true });
      assert.equal(((await closed) as [number])[0], 4401);
      assert.equal(codeOf(await ask(`${service.url}/v1/runs`)), 'UNAUTHENTICATED');
    } finally {
      await service.remove();
    }
  });
});
