/** What webhooks are told, and that each thing arrives, whatever happens to processes and receivers. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { Store, Payload } from '../../src/store/store.ts';
import type { NewWebhook, RunStatus, Summary, Webhook } from '../../src/vocabulary/index.ts';
import { newSecret } from '../../src/webhooks/message.ts';
import { Webhooks, type WebhooksOptions } from '../../src/webhooks/webhooks.ts';
import { describeStores } from '../support/database.ts';
import { startReceiver, type Received, type Receiver } from '../support/receiver.ts';
import { heldRun, jobSpec, progressAt } from '../support/runs.ts';

const silent = { info: () => undefined, warn: () => undefined };
const openWebhooks = (store: Store, more: Partial<WebhooksOptions> = {}): Webhooks => {
  const webhooks = new Webhooks({
    store,
    log: silent,
    serviceUrl: null,
    allowPrivate: true,
    retryMs: [10, 10],
    timeoutMs: 2000,
    rereadMs: 50,
    lookMs: 10,
    ...more,
  });
  webhooks.start();
  return webhooks;
};

const create = (store: Store, url: string, more: Partial<NewWebhook> = {}): Promise<Webhook> =>
  store.webhooks.create(
    { name: 'ours', url, events: ['run.finished', 'run.failed'], project: 'default', ...more },
    newSecret(),
    null,
  );

const dying = (layer: string, level: 'warning' | 'critical') => ({
  type: 'event' as const,
  step: 7,
  event: { code: 'NEURONS_DIED' as const, level, message: `${layer} dies`, layer },
});

async function train(store: Store, to: RunStatus, summary: Summary = {}, name = 'a run'): Promise<string> {
  const lease = await heldRun(store, jobSpec({ name }));
  const error = to === 'failed' ? { code: 'DIVERGED' as const, message: 'The loss is not finite.' } : null;
  assert.ok(await store.log.append(lease, [], { to, summary, error }));
  return lease.runId;
}

const told = (received: readonly Received[]) =>
  received
    .map(({ body }) => JSON.parse(body) as Payload)
    .map(({ type, data: { run, webhook } }) => `${webhook.name}: ${type} ${run?.id}`)
    .toSorted();

describeStores((store) => {
  let receiver: Receiver;
  const opened: Webhooks[] = [];
  const open = (more: Partial<WebhooksOptions> = {}): Webhooks => {
    const webhooks = openWebhooks(store(), more);
    opened.push(webhooks);
    return webhooks;
  };
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((webhooks) => webhooks.stop()));
    for (const { id } of await store().webhooks.list(null)) await store().webhooks.delete(id);
    await receiver.close();
  });
  const deliveries = async ({ id }: Webhook) => (await store().deliveries.list(id, { limit: 100 })).data;
  /** Once there are this many deliveries of the webhook, and all are settled. */
  const settled = async (webhook: Webhook, count = 1): Promise<Awaited<ReturnType<typeof deliveries>>> => {
    for (;;) {
      const all = await deliveries(webhook);
      if (all.length >= count && all.every(({ status }) => status !== 'waiting')) return all;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  it('tells of runs that succeeded and failed, once, to those who want to know', async () => {
    for (let i = 0; i < 3; i++) open();
    const before = await train(store(), 'succeeded');
    const both = await create(store(), `${receiver.url}/both`);
    await create(store(), `${receiver.url}/failed`, { name: 'failures', events: ['run.failed'] });
    const disabled = await create(store(), `${receiver.url}/none`);
    await store().webhooks.change(disabled.id, { disabled: true });
    const finished = await train(store(), 'succeeded', { valLoss: 0.5 });
    const failed = await train(store(), 'failed');
    const { id: cancelled } = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    await store().runs.transition(cancelled, { from: ['queued'], to: 'cancelled' });
    // The last one is told of last.
    const last = await train(store(), 'failed', {}, 'the last one');
    await receiver.wait(5);
    await settled(both, 3);
    assert.deepEqual(
      told(receiver.received),
      [
        `failures: run.failed ${failed}`,
        `failures: run.failed ${last}`,
        `ours: run.failed ${failed}`,
        `ours: run.failed ${last}`,
        `ours: run.finished ${finished}`,
      ].toSorted(),
    );
    assert.ok(before);
    const finish = receiver.received
      .map(({ body }) => JSON.parse(body) as Payload)
      .find(({ data }) => data.run?.id === finished);
    assert.deepEqual([finish?.data.run?.summary, finish?.data.project], [{ valLoss: 0.5 }, 'default']);
    assert.deepEqual(await store().deliveries.endings(10), []);
  });

  it('tells when a layer becomes critical, and when a rule becomes true, while the run trains', async () => {
    open();
    open();
    const layers = await create(store(), receiver.url, { name: 'layers', events: ['layer.critical'] });
    const rule = 'summary.valLoss < 0.1 and name = "good"';
    const metric = await create(store(), receiver.url, { name: 'metric', events: ['metric'], rule });
    const lease = await heldRun(store(), jobSpec({ name: 'good' }));
    const other = await heldRun(store(), jobSpec({ name: 'other' }));
    for (const held of [lease, other]) await store().log.append(held, [], { summary: { valLoss: 0.2 } });
    await store().log.append(lease, [dying('dense_1', 'warning'), dying('dense_2', 'critical')], {});
    await receiver.wait(1);
    for (const held of [lease, other])
      await store().log.append(held, [dying('dense_2', 'critical')], { summary: { valLoss: 0.05 } });
    await receiver.wait(3);
    // Not told again, though it stays true to the end, and is looked at again there.
    for (const held of [lease, other])
      await store().log.append(held, [], { to: 'succeeded', summary: { valLoss: 0.01 } });
    while ((await store().deliveries.endings(10)).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const ofLayers = await settled(layers, 2);
    assert.deepEqual(new Set(ofLayers.map(({ runId }) => runId)), new Set([lease.runId, other.runId]));
    assert.ok(ofLayers.every(({ event }) => event === 'layer.critical'));
    assert.deepEqual(
      (await settled(metric)).map(({ event, runId, payload }) => [event, runId, (payload as Payload).data['rule']]),
      [['metric', lease.runId, rule]],
    );
    const first = (await deliveries(layers)).find(({ runId }) => runId === lease.runId)?.payload as Payload;
    assert.deepEqual([first.data['layer'], first.data['step'], first.data['message']], ['dense_2', 7, 'dense_2 dies']);
  });

  it('a rule that became true at the end alone is told of at the end', async () => {
    const metric = await create(store(), receiver.url, {
      events: ['metric'],
      rule: 'status = "cancelled" or accuracy >= 0.9',
    });
    const run = await train(store(), 'succeeded', { accuracy: 0.95 });
    await train(store(), 'succeeded', { accuracy: 0.5 });
    // Nobody looked while they trained.
    open();
    assert.deepEqual(
      (await settled(metric)).map(({ runId }) => runId),
      [run],
    );
  });

  it('tries again what was not taken, then gives up; a replay starts anew', async () => {
    const webhooks = open();
    receiver.answers.push(500, 503, 200, 500, 500, 500);
    const webhook = await create(store(), receiver.url);
    await train(store(), 'succeeded');
    const [delivered] = await settled(webhook);
    assert.deepEqual(
      delivered?.attempts.map(({ status }) => status),
      [500, 503, 200],
    );
    assert.equal(delivered.status, 'delivered');
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);

    await train(store(), 'succeeded');
    const [failed] = await settled(webhook, 2);
    assert.deepEqual([failed?.status, failed?.nextAt], ['failed', null]);
    assert.deepEqual(
      failed?.attempts.map(({ error }) => error),
      Array(3).fill('The answer was 500.'),
    );
    const replayed = await store().deliveries.replay(failed.id);
    assert.equal(replayed?.status, 'waiting');
    webhooks.nudge();
    const [again] = await settled(webhook);
    assert.deepEqual([again?.id, again?.status, again?.attempts.length], [failed.id, 'delivered', 4]);
  });

  it('a receiver that answers 410 is told no more', async () => {
    open();
    receiver.answers.push(410);
    const webhook = await create(store(), receiver.url);
    await train(store(), 'succeeded');
    const [delivery] = await settled(webhook);
    assert.deepEqual([delivery?.status, delivery?.attempts.length], ['failed', 1]);
    while ((await store().webhooks.get(webhook.id))?.disabledAt === null)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await train(store(), 'succeeded');
    assert.deepEqual(await store().deliveries.endings(10), []);
  });

  it('a test is sent at once, and not again', async () => {
    const webhooks = open();
    const webhook = await create(store(), receiver.url, { format: 'slack' });
    assert.deepEqual(
      [(await webhooks.test(webhook))?.status, (await webhooks.test(webhook))?.event],
      ['delivered', 'test'],
    );
    receiver.answers.push(404);
    const failed = await webhooks.test(webhook);
    assert.deepEqual([failed?.status, failed?.attempts[0]?.status], ['failed', 404]);
    assert.deepEqual(JSON.parse(receiver.received[0]?.body ?? ''), { text: 'This is a test of the webhook "ours".' });
    await store().webhooks.delete(webhook.id);
    assert.equal(await webhooks.test(webhook), null);
  });

  it('what a dead process had taken is sent by another one when its lease has ended', async () => {
    const webhook = await create(store(), receiver.url);
    await store().deliveries.add(webhook, { event: 'test', run: null, subject: 'a' });
    const [taken] = await store().deliveries.take(10, 300);
    assert.deepEqual(await store().deliveries.take(10, 300), [], 'one process at a time');
    open();
    const [delivery] = await settled(webhook);
    assert.equal(delivery?.status, 'delivered');
    // The process was only slow, and comes back.
    const attempt = { at: new Date().toISOString(), status: null, durationMs: 1, error: 'late' };
    assert.equal(await store().deliveries.settle(taken!, attempt, { status: 'failed' }), false);
    assert.equal((await store().deliveries.get(delivery.id))?.status, 'delivered');
  });

  it('what is to be sent now is due at once', async () => {
    const webhook = await create(store(), receiver.url);
    const { deliveries: table } = store();
    for (let i = 0; i < 50; i++) {
      const added = await table.add(webhook, { event: 'test', run: null, subject: `number ${i}` });
      const [taken] = await table.take(10, 60_000);
      assert.equal(taken?.id, added?.id, 'added');
      await table.replay(taken!.id);
      const [again] = await table.take(10, 60_000);
      assert.equal(again?.id, taken?.id, 'replayed');
    }
  });

  it('many messages are each sent once by several processes', async () => {
    const webhook = await create(store(), receiver.url);
    for (let i = 0; i < 40; i++)
      await store().deliveries.add(webhook, { event: 'test', run: null, subject: `number ${i}` });
    for (let i = 0; i < 3; i++) open();
    await settled(webhook, 40);
    assert.equal(receiver.received.length, 40);
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 40);
  });

  it('are listed in pages, and old ones are swept', async () => {
    const webhook = await create(store(), receiver.url);
    const ids: string[] = [];
    for (const subject of 'abcde')
      ids.unshift((await store().deliveries.add(webhook, { event: 'test', run: null, subject }, 60_000))!.id);
    assert.equal(await store().deliveries.add(webhook, { event: 'test', run: null, subject: 'a' }), null);
    const first = await store().deliveries.list(webhook.id, { limit: 3 });
    const rest = await store().deliveries.list(webhook.id, { limit: 3, after: first.data[2]!.id });
    assert.deepEqual(
      [...first.data, ...rest.data].map(({ id }) => id),
      ids,
    );
    assert.deepEqual([first.hasMore, rest.hasMore], [true, false]);
    for (const after of ['x', "delivery_'", 'delivery_00000000000000000000000000'])
      assert.deepEqual((await store().deliveries.list(webhook.id, { limit: 3, after })).data, []);
    const due = await store().deliveries.takeOne(ids[0]!, 1000);
    await store().deliveries.settle(due!, { at: '', status: 200, durationMs: 0, error: null }, { status: 'delivered' });
    assert.equal(await store().deliveries.sweep(new Date(Date.now() + 1000)), 1);
    assert.equal((await deliveries(webhook)).length, 4);
  });
});
