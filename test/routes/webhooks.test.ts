import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import type { Delivery } from '../../src/vocabulary/index.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { ask, ended, rehearsed, startService, type TestService } from '../support/service.ts';

describe('webhooks', () => {
  let service: TestService;
  let receiver: Receiver;
  before(async () => {
    receiver = await startReceiver();
    service = await startService({ webhooks: { allowPrivate: true, lookMs: 10, retryMs: [10] } });
  });
  after(async () => {
    await service.remove();
    await receiver.close();
  });
  const send = (method: string, path: string, json?: unknown) =>
    ask(`${service.url}${path}`, json === undefined ? { method } : { method, json });
  const wish = (more: object = {}) => ({ name: 'alerts', url: receiver.url, events: ['run.finished'], ...more });

  it('tell of a run that was trained, with a signature that the secret proves', async () => {
    const { webhooks } = service.client;
    const { secret, ...webhook } = await webhooks.create({
      ...wish(),
      events: ['run.finished', 'metric'],
      rule: 'progress.step > 0',
    });
    assert.match(secret, /^whsec_/);
    assert.deepEqual(await webhooks.list(), [webhook]);
    const { id } = await service.client.submit(rehearsed({ chunks: 2 }));
    await ended(service, id);
    const received = await receiver.wait(2);
    const types = received.map(({ headers, body }) => {
      const { type, data } = new Verifier(secret).verify(body, headers as Record<string, string>) as {
        type: string;
        data: { run: { id: string }; project: string };
      };
      assert.deepEqual([data.run.id, data.project], [id, 'default']);
      return type;
    });
    assert.deepEqual(types.toSorted(), ['metric', 'run.finished']);
    for (;;) {
      const { data } = await webhooks.deliveries(webhook.id);
      if (data.every(({ status }) => status === 'delivered')) break;
    }
    // The secret is shown at the creation only, and an address only to admins.
    for (const path of ['/v1/webhooks', `/v1/webhooks/${webhook.id}`, `/v1/webhooks/${webhook.id}/deliveries`])
      assert.ok(!JSON.stringify((await send('GET', path)).body).includes(secret));
    const audited = JSON.stringify((await send('GET', '/v1/audit')).body);
    assert.ok(audited.includes('webhook.created') && !audited.includes(secret) && !audited.includes(receiver.url));
    await webhooks.delete(webhook.id);
  });

  it('are tested, replayed, changed, switched off and deleted', async () => {
    const { webhooks } = service.client;
    const { id } = await webhooks.create({ ...wish(), events: ['run.failed'], format: 'discord' });
    const count = receiver.received.length;
    const tested = await webhooks.test(id);
    assert.deepEqual([tested.status, tested.event, tested.attempts.length], ['delivered', 'test', 1]);
    const replayed = await webhooks.replay(id, tested.id);
    assert.deepEqual([replayed.id, replayed.status], [tested.id, 'waiting']);
    const [first, second] = (await receiver.wait(count + 2)).slice(count);
    assert.equal(second?.headers['webhook-id'], first?.headers['webhook-id']);
    assert.equal(second?.body, first?.body);
    const changed = await webhooks.patch(id, {
      name: ' renamed ',
      events: ['metric'],
      rule: 'valLoss < 1',
      disabled: true,
    });
    assert.deepEqual([changed.name, changed.rule, typeof changed.disabledAt], ['renamed', 'valLoss < 1', 'string']);
    assert.equal((await webhooks.patch(id, { disabled: false })).disabledAt, null);
    const list = await webhooks.deliveries(id, { limit: 1 });
    assert.deepEqual([list.data.length, list.hasMore, list.nextCursor], [1, false, null]);
    const other = await webhooks.create({ ...wish(), events: ['run.failed'] });
    await assert.rejects(webhooks.replay(other.id, tested.id), { code: 'DELIVERY_NOT_FOUND', status: 404 });
    for (const webhook of [id, other.id]) await webhooks.delete(webhook);
    await assert.rejects(webhooks.test(id), { code: 'WEBHOOK_NOT_FOUND', status: 404 });
  });

  it('are refused with the field that is wrong', async () => {
    const { id } = await service.client.webhooks.create({ ...wish(), events: ['run.failed'] });
    for (const [method, body, path] of [
      ['POST', wish({ name: ' ' }), 'name'],
      ['POST', wish({ url: 'example.org' }), 'url'],
      ['POST', wish({ url: 'ftp://example.org' }), 'url'],
      ['POST', wish({ url: 'https://me:secret@example.org' }), 'url'],
      ['POST', wish({ events: [] }), 'events'],
      ['POST', wish({ events: ['run.started'] }), 'events[0]'],
      ['POST', wish({ events: ['metric'] }), 'rule'],
      ['POST', wish({ rule: 'valLoss < 1' }), 'rule'],
      ['POST', wish({ events: ['metric'], rule: 'valLoss <' }), 'rule'],
      ['POST', wish({ events: ['metric'], rule: 'nonsense = 1' }), 'rule'],
      ['POST', wish({ format: 'irc' }), 'format'],
      ['PATCH', { rule: 'valLoss < 1' }, 'rule'],
      ['PATCH', { events: ['metric'] }, 'rule'],
      ['PATCH', { url: 'javascript:alert(1)' }, 'url'],
      ['PATCH', { secret: 'mine' }, 'secret'],
    ] as const) {
      const answer = await send(method, method === 'POST' ? '/v1/webhooks' : `/v1/webhooks/${id}`, body);
      const { error } = answer.body as { error: { details: { path: string }[] } };
      assert.deepEqual([answer.status, error.details[0]?.path], [400, path], JSON.stringify(body));
    }
    assert.equal((await send('POST', '/v1/webhooks', wish({ project: 'nowhere' }))).status, 404);
    assert.equal((await send('GET', `/v1/webhooks/${id}/deliveries?limit=0`)).status, 400);
  });

  it('lead to no private address where the operator did not allow it', async () => {
    const careful = await startService({ workers: 0 });
    try {
      const { port } = new URL(receiver.url);
      for (const host of ['127.0.0.1', 'localhost', '10.1.2.3', '169.254.169.254', '[::1]', '[fd00::1]', '0x7f000001'])
        await assert.rejects(
          careful.client.webhooks.create({ ...wish(), events: ['run.failed'], url: `http://${host}:${port}` }),
          { code: 'INVALID_REQUEST', message: /url is in a private network, or on this machine/ },
          host,
        );
      // A name that leads there is found out when something is sent.
      const count = receiver.received.length;
      const { id } = await careful.client.webhooks.create({
        ...wish(),
        events: ['run.failed'],
        url: 'https://example.invalid',
      });
      await careful.stations.store.pool.query('update webhooks set url = $1', [`http://localhost:${port}`]);
      const tested: Delivery = await careful.client.webhooks.test(id);
      assert.match(tested.attempts[0]?.error ?? '', /private network/);
      assert.deepEqual([tested.status, receiver.received.length], ['failed', count]);
    } finally {
      await careful.remove();
    }
  });
});
