import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Run } from '../../src/vocabulary/index.ts';
import { keyOf, register } from '../support/people.ts';
import { ask, codeOf, rehearsed, startService, type TestService } from '../support/service.ts';

const idOf = ({ body }: { body: unknown }) => (body as Run).id;

describe('a POST with an Idempotency-Key', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ workers: 0 });
  });
  after(() => service.remove());

  const submit = (key: string, json: unknown, path = '/v1/runs') =>
    ask(service.url + path, { json, headers: { 'idempotency-key': key } });

  it('is answered again with the first response, even after a restart', async () => {
    const first = await submit('again', rehearsed());
    const second = await submit('again', rehearsed());
    assert.deepEqual([second.status, second.body], [201, first.body]);
    assert.deepEqual(
      [first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')],
      [null, 'true'],
    );
    assert.deepEqual(
      [first, second].map(({ headers }) => headers.get('location')),
      Array(2).fill(`/v1/runs/${idOf(first)}`),
    );
    await service.restart();
    const third = await submit('again', rehearsed());
    assert.deepEqual([third.body, third.headers.get('location')], [first.body, first.headers.get('location')]);
  });

  it('gets the location of a data set again, and no location if nothing was created', async () => {
    const dataset = {
      name: 'twice',
      inputs: [
        [0, 1],
        [1, 0],
      ],
      targets: [0, 1],
      task: 'classification',
    };
    const answers = [await submit('upload', dataset, '/v1/datasets'), await submit('upload', dataset, '/v1/datasets')];
    const made = [201, `/v1/datasets/${idOf(answers[0]!)}`];
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers.get('location')]),
      [made, made],
    );
    assert.equal(answers[1]!.headers.get('idempotency-replayed'), 'true');
    for (const _ of [1, 2])
      assert.equal((await submit('checked', rehearsed(), '/v1/runs?validateOnly=true')).headers.get('location'), null);
  });

  it('is refused if the key was used for another request', async () => {
    await submit('other', rehearsed());
    assert.equal(codeOf(await submit('other', rehearsed({ chunks: 3 }))), 'IDEMPOTENCY_CONFLICT');
    assert.equal((await submit('other', rehearsed(), '/v1/runs?validateOnly=true')).status, 422);
  });

  it('does not share its key with another route', async () => {
    const dataset = { inputs: [[0], [1]], targets: [0, 1], task: 'classification' };
    const run = await submit('shared', rehearsed());
    const uploaded = await submit('shared', dataset, '/v1/datasets');
    assert.deepEqual([run.status, uploaded.status], [201, 201]);
    assert.equal(idOf(await submit('shared', rehearsed())), idOf(run));
    assert.equal(idOf(await submit('shared', dataset, '/v1/datasets')), idOf(uploaded));
  });

  it('creates one run if it arrives many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => submit('at once', rehearsed())));
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array.from({ length: 12 }, () => 201),
    );
    assert.equal(new Set(answers.map(idOf)).size, 1);
  });

  it('may be corrected after it was refused', async () => {
    assert.equal((await submit('corrected', { dataset: {} })).status, 400);
    assert.equal((await submit('corrected', rehearsed())).status, 201);
  });

  it('may be repeated after the service failed', async (t) => {
    t.mock.method(service.stations.queue, 'submit', () => Promise.reject(new Error('no')), { times: 1 });
    assert.equal((await submit('failed', rehearsed())).status, 500);
    assert.equal((await submit('failed', rehearsed())).status, 201);
  });

  it('is refused if the key is empty or too long', async () => {
    for (const key of ['', 'x'.repeat(256)]) assert.equal(codeOf(await submit(key, rehearsed())), 'INVALID_REQUEST');
  });

  it('creates a run each time without a key', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => idOf(await ask(`${service.url}/v1/runs`, { json: rehearsed() }))),
    );
    assert.equal(new Set(ids).size, 2);
  });
});

/** Resolves when the change of access has been heard. */
const accessChanged = ({ stations }: TestService): Promise<void> =>
  new Promise((resolve) => {
    const stop = stations.store.subscribe(({ type }) => {
      if (type !== 'access') return;
      stop();
      resolve();
    });
  });

describe('a POST with an Idempotency-Key, where people are registered', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ workers: 0 });
  });
  after(() => service.remove());

  it('is that of a person, and is not answered any more to somebody who may not do it any more', async () => {
    const owner = await register(service, 'Olga', { isOwner: true });
    const [ada, ben] = [await register(service, 'Ada'), await register(service, 'Ben')];
    const { projects } = service.stations.store;
    for (const { id } of [ada, ben]) await projects.setMember('default', id, 'member');
    const keys = new Map<string, string>();
    for (const person of [owner, ada, ben]) keys.set(person.name, await keyOf(service, person));
    const submit = async (name: string) => {
      const authorization = `Bearer ${keys.get(name)}`;
      return ask(`${service.url}/v1/runs`, {
        json: rehearsed(),
        headers: { 'idempotency-key': 'one', authorization },
      });
    };
    const first = await submit('Ada');
    assert.equal(first.status, 201);
    for (const other of ['Ben', 'Olga']) {
      const answer = await submit(other);
      assert.deepEqual([answer.status, answer.headers.get('idempotency-replayed')], [201, null]);
      assert.notEqual(idOf(answer), idOf(first));
    }
    const again = await submit('Ada');
    assert.deepEqual([idOf(again), again.headers.get('idempotency-replayed')], [idOf(first), 'true']);

    const demoted = accessChanged(service);
    await projects.setMember('default', ada.id, 'viewer');
    await demoted;
    assert.deepEqual([(await submit('Ada')).status, codeOf(await submit('Ada'))], [403, 'FORBIDDEN']);
    const removed = accessChanged(service);
    await projects.removeMember('default', ada.id);
    await removed;
    assert.equal(codeOf(await submit('Ada')), 'PROJECT_NOT_FOUND');
  });
});
