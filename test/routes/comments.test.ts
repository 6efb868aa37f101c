import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RelumineClient } from '../../src/client/index.ts';
import type { AuditEntry, Comment, List, Person, Run } from '../../src/vocabulary/index.ts';
import { clientOf, keyOf, register } from '../support/people.ts';
import { ask, codeOf, rehearsed, startService, type TestService } from '../support/service.ts';

describe('comments', () => {
  let service: TestService;
  let run: Run;
  let people: Record<'owner' | 'ada' | 'bob' | 'viewer' | 'stranger', Person>;
  let as: Record<keyof typeof people, RelumineClient>;
  let keys: Record<keyof typeof people, string>;
  before(async () => {
    service = await startService({ workers: 0 });
    const { projects } = service.stations.store;
    const owner = await register(service, 'Olga', { isOwner: true });
    const [ada, bob, viewer, stranger] = [
      await register(service, 'Ada Lovelace'),
      await register(service, 'Bob'),
      await register(service, 'Vera'),
      await register(service, 'Stranger'),
    ];
    people = { owner, ada, bob, viewer, stranger };
    await projects.setMember('default', ada.id, 'member');
    await projects.setMember('default', bob.id, 'member');
    await projects.setMember('default', viewer.id, 'viewer');
    const entries = await Promise.all(
      Object.entries(people).map(async ([name, person]) => [name, await keyOf(service, person)] as const),
    );
    keys = Object.fromEntries(entries) as typeof keys;
    as = Object.fromEntries(entries.map(([name, key]) => [name, clientOf(service, key)])) as typeof as;
    run = await as.ada.submit(
      rehearsed(
        {},
        {
          model: {
            layers: [
              { type: 'dense', units: 4 },
              { type: 'dense', units: 2 },
            ],
          },
        },
      ),
    );
  });
  after(() => service.remove());

  const send = (who: keyof typeof keys, method: string, path: string, json?: unknown) =>
    ask(service.url + path, {
      method,
      ...(json !== undefined && { json }),
      headers: { authorization: `Bearer ${keys[who]}` },
    });

  const mentions = async (who: keyof typeof keys, query = '') =>
    (await send(who, 'GET', `/v1/me/mentions${query}`)).body as List<Comment>;

  it('are written, read by everybody in the project, changed by their author, and deleted', async () => {
    const { id } = run;
    const first = await as.ada.comments.add(id, { text: 'Look at this, **@bob** and @Stranger' });
    assert.deepEqual(
      [first.author?.name, first.mentions.map(({ name }) => name), first.layer, first.neuron, first.editedAt],
      ['Ada Lovelace', ['Bob'], null, null, null],
    );
    const onNeuron = await as.bob.comments.add(id, { text: 'dead', layer: 'dense_1', neuron: 3 });
    assert.deepEqual(await as.viewer.comments.list(id), [first, onNeuron]);
    assert.deepEqual(await as.viewer.comments.list(id, { layer: 'dense_1', neuron: 3 }), [onNeuron]);
    assert.deepEqual(await as.viewer.comments.list(id, { layer: 'dense_1', neuron: 2 }), []);

    await assert.rejects(as.bob.comments.edit(id, first.id, 'mine'), { status: 403, code: 'FORBIDDEN' });
    await assert.rejects(as.owner.comments.edit(id, first.id, 'mine'), { status: 403, code: 'FORBIDDEN' });
    const edited = await as.ada.comments.edit(id, first.id, 'Look, @Vera');
    assert.deepEqual([edited.text, edited.mentions.map(({ name }) => name)], ['Look, @Vera', ['Vera']]);
    assert.ok(edited.editedAt !== null);

    await assert.rejects(as.bob.comments.delete(id, first.id), { status: 403, code: 'FORBIDDEN' });
    await as.owner.comments.delete(id, first.id);
    await as.bob.comments.delete(id, onNeuron.id);
    assert.deepEqual(await as.viewer.comments.list(id), []);
    await assert.rejects(as.bob.comments.delete(id, onNeuron.id), { status: 404, code: 'COMMENT_NOT_FOUND' });

    const { data } = (await send('owner', 'GET', `/v1/audit?action=comment.created,comment.changed,comment.deleted`))
      .body as List<AuditEntry>;
    assert.deepEqual(
      data.map(({ action, person, project, objectId }) => [action, person?.name, project, objectId]).toReversed(),
      [
        ['comment.created', 'Ada Lovelace', 'default', first.id],
        ['comment.created', 'Bob', 'default', onNeuron.id],
        ['comment.changed', 'Ada Lovelace', 'default', first.id],
        ['comment.deleted', 'Olga', 'default', first.id],
        ['comment.deleted', 'Bob', 'default', onNeuron.id],
      ],
    );
  });

  it('are written by members only, and hidden from others', async () => {
    const { id } = run;
    await assert.rejects(as.viewer.comments.add(id, { text: 'hm' }), { status: 403, code: 'FORBIDDEN' });
    await assert.rejects(as.stranger.comments.list(id), { status: 404, code: 'RUN_NOT_FOUND' });
    await assert.rejects(as.stranger.comments.add(id, { text: 'hm' }), { status: 404, code: 'RUN_NOT_FOUND' });
    const other = await as.ada.submit(rehearsed());
    const comment = await as.ada.comments.add(id, { text: 'here' });
    // Under another run it is not found.
    await assert.rejects(as.ada.comments.edit(other.id, comment.id, 'there'), { code: 'COMMENT_NOT_FOUND' });
    await as.ada.comments.delete(id, comment.id);
  });

  it('are refused with the field that is wrong', async () => {
    for (const [body, path] of [
      [{}, 'text'],
      [{ text: '' }, 'text'],
      [{ text: ' \n ' }, 'text'],
      [{ text: 'x'.repeat(10_001) }, 'text'],
      [{ text: 'x', layer: 'dense_1' }, 'neuron'],
      [{ text: 'x', neuron: 0 }, 'layer'],
      [{ text: 'x', layer: 'dense_3', neuron: 0 }, 'layer'],
      [{ text: 'x', layer: 'dense_2', neuron: 2 }, 'neuron'],
      [{ text: 'x', layer: 'dense_2', neuron: -1 }, 'neuron'],
      [{ text: 'x', author: 'me' }, 'author'],
    ] as const) {
      const { status, body: answer } = await send('ada', 'POST', `/v1/runs/${run.id}/comments`, body);
      const { error } = answer as { error: { details: { path: string }[] } };
      assert.deepEqual([status, error.details[0]?.path], [400, path], JSON.stringify(body).slice(0, 60));
    }
    assert.equal((await send('ada', 'GET', `/v1/runs/${run.id}/comments?after=x`)).status, 400);
  });

  it('that mention somebody are listed for that person, as long as the run is in sight', async () => {
    const { projects } = service.stations.store;
    const hidden = await projects.create('hidden');
    await projects.setMember(hidden.id, people.bob.id, 'member');
    const there = await as.bob.submit({ ...rehearsed(), project: hidden.id });
    await projects.setMember(hidden.id, people.ada.id, 'viewer');
    const one = await as.bob.comments.add(there.id, { text: '@ada lovelace' });
    const two = await as.bob.comments.add(run.id, { text: 'and @Ada Lovelace!' });
    await as.ada.comments.add(run.id, { text: 'to myself: @Ada Lovelace' });
    assert.deepEqual((await mentions('ada')).data, [two, one]);
    const page = await mentions('ada', '?limit=1');
    assert.deepEqual([page.data, page.hasMore], [[two], true]);
    assert.deepEqual((await mentions('ada', `?after=${page.nextCursor}`)).data, [one]);
    await projects.removeMember(hidden.id, people.ada.id);
    assert.deepEqual((await mentions('ada')).data, [two]);
    assert.deepEqual((await mentions('bob')).data, []);
  });

  it('can be repeated safely, and are slowed down', async () => {
    const init = {
      json: { text: 'once' },
      headers: { authorization: `Bearer ${keys.viewer}`, 'idempotency-key': 'once' },
    };
    await service.stations.store.projects.setMember('default', people.viewer.id, 'member');
    const path = `${service.url}/v1/runs/${run.id}/comments`;
    const [first, second] = [await ask(path, init), await ask(path, init)];
    assert.deepEqual(first.body, second.body);
    assert.equal(second.headers.get('location'), first.headers.get('location'));
    let last = first;
    for (let i = 0; i < 30; i += 1)
      last = await send('viewer', 'POST', `/v1/runs/${run.id}/comments`, { text: `${i}` });
    assert.deepEqual([last.status, codeOf(last), last.headers.get('retry-after')], [429, 'RATE_LIMITED', '60']);
    // Others are not concerned.
    await as.ada.comments.add(run.id, { text: 'still there' });
  });

  it('need nobody to be registered', async () => {
    const open = await startService({ workers: 0 });
    try {
      const { id } = await open.client.submit(rehearsed());
      const comment = await open.client.comments.add(id, { text: 'hello @nobody' });
      assert.deepEqual([comment.author, comment.mentions], [null, []]);
      assert.equal((await open.client.comments.edit(id, comment.id, 'hello')).text, 'hello');
      await open.client.comments.delete(id, comment.id);
      assert.deepEqual(await open.client.comments.list(id), []);
      assert.deepEqual((await ask(`${open.url}/v1/me/mentions`)).body, {
        object: 'list',
        data: [],
        hasMore: false,
        nextCursor: null,
      });
    } finally {
      await open.remove();
    }
  });
});
