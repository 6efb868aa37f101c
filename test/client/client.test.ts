import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { RelumineApiError, RelumineClient, type WatchMessage } from '../../src/client/index.ts';
import { Gate } from '../support/gate.ts';
import { ended, rehearsed, startService, type TestService } from '../support/service.ts';

const watchAll = async (client: RelumineClient, id: string) => {
  for await (const _ of client.watch(id));
};

const refusal = (code: string) =>
  Response.json({ error: { code, message: 'Later.' } }, { status: 503, headers: { 'retry-after': '1' } });

describe('the client', () => {
  let service: TestService;
  before(async () => {
    service = await startService();
  });
  after(() => service.remove());

  it('watches a run across a restart of the service, every message once and in order', async () => {
    const gate = new Gate();
    const { id } = await service.client.submit(rehearsed({ chunks: 400, checkpointChunks: 1, ...gate.at(1000) }));
    const messages: WatchMessage[] = [];
    let restarted: Promise<void> | null = null;
    for await (const message of service.client.watch(id)) {
      messages.push(message);
      if (message.type === 'metrics' && message.steps.includes(200))
        restarted ??= service.restart().then(() => gate.open());
    }
    assert.ok(restarted);
    await restarted;
    gate.remove();
    const received = messages.filter(({ type }) => type !== 'caughtUp');
    const seqs = received.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      received.flatMap((message) => (message.type === 'metrics' ? message.steps : [])),
      Array.from({ length: 4000 }, (_, step) => step),
    );
    const last = received.at(-1);
    assert.deepEqual(last?.type === 'status' && [last.status, last.attempt], ['succeeded', 2]);
  });

  it('decodes snapshots, or leaves them out', async () => {
    const { id } = await service.client.submit(rehearsed({ chunks: 3 }));
    const typesOf = async (snapshots: boolean) => {
      const types = new Set<string>();
      for await (const message of service.client.watch(id, { snapshots })) {
        types.add(message.type);
        if (message.type === 'snapshot')
          assert.deepEqual([message.header.layers[0]?.name, message.data.length], ['dense_1', 6]);
      }
      return types;
    };
    assert.ok((await typesOf(true)).has('snapshot'));
    assert.ok(!(await typesOf(false)).has('snapshot'));
  });

  it('continues from `since`', async () => {
    const { id } = await service.client.submit(rehearsed({ chunks: 3 }));
    const all: number[] = [];
    for await (const { seq, type } of service.client.watch(id)) if (type !== 'caughtUp') all.push(seq);
    const rest: number[] = [];
    for await (const { seq, type } of service.client.watch(id, { since: all[2]! }))
      if (type !== 'caughtUp') rest.push(seq);
    assert.deepEqual(rest, all.slice(3));
  });

  it('stops watching when told to, and leaves no socket behind', async () => {
    const { id } = await service.client.submit(rehearsed({ chunks: 100_000 }));
    const controller = new AbortController();
    const reason = new Error('enough');
    await assert.rejects(async () => {
      for await (const { type } of service.client.watch(id, { signal: controller.signal }))
        if (type === 'metrics') controller.abort(reason);
    }, reason);
    for await (const { type } of service.client.watch(id)) if (type === 'metrics') break;
    for (const socket of service.app.websocketServer.clients)
      if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
    await service.client.cancel(id);
  });

  it('says why it cannot watch', async () => {
    await assert.rejects(watchAll(service.client, 'run_nothing'), {
      name: 'RelumineApiError',
      code: 'RUN_NOT_FOUND',
      status: 404,
    });
    await assert.rejects(watchAll(new RelumineClient('http://127.0.0.1:9'), 'run_x'), {
      code: 'UNREACHABLE',
      status: 0,
    });
  });

  it('reports every invalid field of a job', async () => {
    await assert.rejects(
      service.client.submit({ dataset: { name: 'nothing' }, model: { layers: [] }, training: { epochs: 0 } }),
      (error) => {
        assert.ok(error instanceof RelumineApiError);
        assert.deepEqual(
          [error.code, error.status, error.details.map(({ path }) => path)],
          ['INVALID_JOB', 400, ['training.epochs', 'dataset.name']],
        );
        return true;
      },
    );
  });

  it('reports a response that is not from the service', async () => {
    const server = createServer((_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await assert.rejects(new RelumineClient(`http://127.0.0.1:${port}/`).get('run_x'), {
      name: 'RelumineApiError',
      status: 502,
      message: /502/,
    });
    server.close();
    server.closeAllConnections();
  });

  it('retries a request whose response was lost, at most twice', async (t) => {
    const broken = Object.assign(new TypeError('fetch failed'), { cause: { code: 'EPIPE', message: 'write EPIPE' } });
    const answers: (() => Promise<Response>)[] = [];
    const asked = t.mock.method(globalThis, 'fetch', () => answers.shift()?.() ?? Promise.reject(broken));
    answers.push(
      () => Promise.reject(broken),
      () => Promise.resolve(Response.json({ error: { code: 'BODY_TOO_LARGE', message: 'm' } }, { status: 413 })),
    );
    await assert.rejects(service.client.submit(rehearsed()), { code: 'BODY_TOO_LARGE', status: 413 });
    assert.equal(asked.mock.callCount(), 2);
    await assert.rejects(service.client.submit(rehearsed()), { code: 'UNREACHABLE', message: /write EPIPE/ });
    assert.equal(asked.mock.callCount(), 5);
  });

  it('waits for a service that is busy, as long as it says and the caller wants', async (t) => {
    const answers = [refusal('OVERLOADED'), Response.json({ id: 'run_x' })];
    const asked = t.mock.method(globalThis, 'fetch', () => Promise.resolve(answers.shift() ?? refusal('OVERLOADED')));
    const begun = performance.now();
    assert.equal((await service.client.submit(rehearsed())).id, 'run_x');
    assert.ok(performance.now() - begun >= 1000);
    assert.equal(asked.mock.callCount(), 2);
    // What a service refuses for another reason is not sent again.
    answers.push(refusal('QUEUE_FULL'));
    await assert.rejects(service.client.submit(rehearsed()), { code: 'QUEUE_FULL', status: 503 });
    const hurried = new RelumineClient(service.url, { patienceMs: 999 });
    await assert.rejects(hurried.submit(rehearsed()), { code: 'OVERLOADED', status: 503 });
    assert.equal(asked.mock.callCount(), 4);
    const enough = new AbortController();
    const reason = new Error('enough');
    const waiting = service.client.validate(rehearsed(), { signal: enough.signal });
    setTimeout(() => enough.abort(reason), 20);
    await assert.rejects(waiting, reason);
    assert.equal(asked.mock.callCount(), 5);
  });

  it('submits once with a key', async () => {
    const job = rehearsed({ chunks: 1 });
    const [first, second] = [
      await service.client.submit(job, { idempotencyKey: 'k' }),
      await service.client.submit(job, { idempotencyKey: 'k' }),
    ];
    assert.equal(first.id, second.id);
    await ended(service, first.id);
  });
});
