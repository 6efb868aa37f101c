import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it, mock } from 'node:test';
import { WebSocket, type ClientOptions } from 'ws';
import { decodeSnapshot, type CaughtUp, type StreamMessage } from '../../src/vocabulary/index.ts';
import type { LogEntry, Lease } from '../../src/store/store.ts';
import { heldRun, progressAt } from '../support/runs.ts';
import { ask, codeOf, ended, rehearsed, startService, type TestService } from '../support/service.ts';

type Text = StreamMessage | CaughtUp;

/** A socket and everything that it received. */
interface Reader {
  socket: WebSocket;
  texts: Text[];
  frames: Uint8Array[];
  closed: Promise<number>;
  until(condition: (text: Text) => boolean): Promise<Text>;
}

/** The status with which an upgrade is refused. */
async function refusal(address: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(address, { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number; resume(): void }];
  response.resume();
  socket.terminate();
  return response.statusCode;
}

const snapshot = (step: number, units: number): LogEntry => ({
  type: 'snapshot',
  step,
  header: {
    step,
    epoch: 0,
    samples: 32,
    layers: [{ name: 'dense_1', units, activation: 'relu' }],
    fields: ['fired', 'meanAbs', 'gradient'],
  },
  data: new Float32Array(3 * units).fill(step),
});
const metric = (step: number): LogEntry => ({
  type: 'metrics',
  step,
  steps: [step],
  values: { loss: [1 / (step + 1)] },
});

describe('the stream of a run', () => {
  let service: TestService;
  before(async () => {
    // However busy the machine is, nobody takes the test's own runs away from it.
    service = await startService({ queue: { silentMs: 600_000 } });
  });
  after(() => service.remove());

  const addressOf = (id: string, query = '') => `${service.url.replace('http', 'ws')}/v1/runs/${id}/stream${query}`;

  function read(id: string, query = '', options: ClientOptions = {}): Reader {
    const socket = new WebSocket(addressOf(id, query), options);
    const texts: Text[] = [];
    const frames: Uint8Array[] = [];
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) frames.push(new Uint8Array(data));
      else texts.push(JSON.parse(data.toString()) as Text);
    });
    const closed = new Promise<number>((resolve, reject) => {
      socket.on('close', resolve);
      socket.on('error', reject);
    });
    const until = async (condition: (text: Text) => boolean) => {
      for (;;) {
        const found = texts.find(condition);
        if (found) return found;
        await Promise.race([
          once(socket, 'message'),
          closed.then((code) => {
            throw new Error(`closed with ${code}`);
          }),
        ]);
      }
    };
    return { socket, texts, frames, closed, until };
  }

  /** A run whose worker is the test itself. */
  async function ownRun(): Promise<{
    lease: Lease;
    append(...entries: LogEntry[]): Promise<void>;
    end(): Promise<void>;
  }> {
    const { store } = service.stations;
    const { spec } = await service.client.validate(rehearsed());
    const lease = await heldRun(store, spec);
    return {
      lease,
      append: async (...entries) => {
        assert.ok(await store.log.append(lease, entries, {}));
      },
      end: async () => {
        assert.ok(await store.log.append(lease, [], { to: 'succeeded', progress: progressAt(100), summary: {} }));
      },
    };
  }

  it('sends a finished run from the beginning, reports when it has caught up, and closes with 1000', async () => {
    const { id } = await service.client.submit(rehearsed({ chunks: 5 }));
    await ended(service, id);
    const reader = read(id);
    assert.equal(await reader.closed, 1000);
    const messages = reader.texts.filter((text) => text.type !== 'caughtUp');
    assert.deepEqual(
      messages.map(({ seq }) => seq),
      messages.map(({ seq }) => seq).toSorted((a, b) => a - b),
    );
    assert.equal(new Set(messages.map(({ seq }) => seq)).size, messages.length);
    assert.deepEqual(
      messages.flatMap((message) => (message.type === 'status' ? message.status : [])),
      ['queued', 'running', 'running', 'succeeded'],
    );
    assert.deepEqual(
      messages.flatMap((message) => (message.type === 'metrics' ? message.steps : [])),
      Array.from({ length: 50 }, (_, step) => step),
    );
    assert.equal(reader.texts.filter(({ type }) => type === 'caughtUp').length, 1);
    assert.ok(reader.frames.length > 0);
    assert.equal(decodeSnapshot(reader.frames[0]!).header.layers[0]!.name, 'dense_1');
  });

  it('continues after `since`, and sends nothing after the end', async () => {
    const { id } = await service.client.submit(rehearsed({ chunks: 5 }));
    await ended(service, id);
    const whole = read(id);
    await whole.closed;
    const seqs = whole.texts.filter((text) => text.type !== 'caughtUp').map(({ seq }) => seq);
    const part = read(id, `?since=${seqs[2]}`);
    assert.equal(await part.closed, 1000);
    assert.deepEqual(
      part.texts.filter((text) => text.type !== 'caughtUp').map(({ seq }) => seq),
      seqs.slice(3),
    );
    const rest = read(id, `?since=${seqs.at(-1)}`);
    assert.equal(await rest.closed, 1000);
    assert.deepEqual(rest.texts, [{ type: 'caughtUp', seq: seqs.at(-1) }]);
  });

  it('sends what happens live, to all readers', async () => {
    const run = await ownRun();
    const readers = [read(run.lease.runId), read(run.lease.runId), read(run.lease.runId, '?since=latest')];
    await Promise.all(readers.map((reader) => reader.until(({ type }) => type === 'caughtUp')));
    await run.append(metric(7), snapshot(8, 3));
    await run.end();
    for (const { closed, texts, frames } of readers) {
      assert.equal(await closed, 1000);
      const live = texts.slice(texts.findIndex(({ type }) => type === 'caughtUp') + 1);
      assert.deepEqual(
        live.map(({ type }) => type),
        ['metrics', 'status'],
      );
      assert.deepEqual(
        frames.map((frame) => decodeSnapshot(frame).header.step),
        [8],
      );
    }
    assert.deepEqual(readers[2]!.texts[0]!.type, 'caughtUp');
  });

  it('sends a long log to many readers that come at once, while it goes on: each message once, in order', async () => {
    const run = await ownRun();
    const LENGTH = 1200;
    await run.append(...Array.from({ length: LENGTH }, (_, step) => metric(step)));
    const { store } = service.stations;
    const pages = mock.method(store.log, 'page');
    try {
      const readers = Array.from({ length: 80 }, (_, i) => ({
        since: 3 * i,
        reader: read(run.lease.runId, `?since=${3 * i}`),
      }));
      for (let step = LENGTH; step < LENGTH + 20; step++) {
        await run.append(metric(step), snapshot(step, 3));
        await readers[step % 80]!.reader.until((text) => text.type === 'metrics' && text.steps.includes(step));
      }
      await run.end();
      const last = await store.log.lastSeq(run.lease.runId);
      for (const { since, reader } of readers) {
        assert.equal(await reader.closed, 1000);
        const snapshots = new Set(reader.frames.map((frame) => decodeSnapshot(frame).header.seq));
        const seqs = reader.texts.flatMap(({ type, seq }) => (type === 'caughtUp' ? [] : [seq]));
        assert.deepEqual(
          [...seqs, ...snapshots].toSorted((a, b) => a - b),
          Array.from({ length: last - since }, (_, i) => since + 1 + i),
        );
        assert.deepEqual(
          seqs,
          seqs.toSorted((a, b) => a - b),
        );
        assert.equal(reader.texts.filter(({ type }) => type === 'caughtUp').length, 1);
      }
      assert.ok(pages.mock.callCount() < 40, `the log was read ${pages.mock.callCount()} times for 80 readers`);
    } finally {
      pages.mock.restore();
    }
  });

  it('is refused before the upgrade: unknown run, wrong since, page of another site', async () => {
    const { id } = await service.client.submit(rehearsed({ chunks: 1 }));
    assert.equal(await refusal(addressOf('run_nothing')), 404);
    for (const since of ['-1', 'x', '1.5', '', '9'.repeat(30)])
      assert.equal(await refusal(addressOf(id, `?since=${since}`)), 400, since);
    assert.equal(await refusal(addressOf(id), { origin: 'https://evil.example' }), 403);
    assert.equal(await refusal(addressOf(id), { origin: 'null' }), 403);
    assert.equal(await refusal(addressOf(id), { host: 'evil.example', origin: 'http://evil.example' }), 403);
    const own = read(id, '', { headers: { origin: service.url } });
    assert.equal(await own.closed, 1000);
  });

  it('requires an upgrade', async () => {
    const { id } = await service.client.submit(rehearsed({ chunks: 1 }));
    const answer = await ask(`${service.url}/v1/runs/${id}/stream`);
    assert.deepEqual(
      [answer.status, codeOf(answer), answer.headers.get('upgrade')],
      [426, 'UPGRADE_REQUIRED', 'websocket'],
    );
  });

  it('refuses large messages, and ignores small ones', async () => {
    const run = await ownRun();
    const reader = read(run.lease.runId);
    await reader.until(({ type }) => type === 'caughtUp');
    reader.socket.send('hello');
    await run.append(metric(1));
    await reader.until(({ type }) => type === 'metrics');
    reader.socket.send('x'.repeat(100_000));
    assert.equal(await reader.closed, 1009);
    await run.end();
  });

  it('uses little memory for a stalled reader, which loses only snapshots', async () => {
    const run = await ownRun();
    const reader = read(run.lease.runId);
    await reader.until(({ type }) => type === 'caughtUp');
    reader.socket.pause();
    const UNITS = 16_000;
    const COUNT = 300; // 300 snapshots of 192 kB: 58 MB, more than the system's socket buffers take.
    let most = 0;
    for (let step = 1; step <= COUNT; step++) {
      await run.append(snapshot(step, UNITS), metric(step));
      for (const socket of service.app.websocketServer.clients) most = Math.max(most, socket.bufferedAmount);
    }
    await run.end();
    assert.ok(most <= 4 * 1024 * 1024, `${most} bytes were held`);
    reader.socket.resume();
    assert.equal(await reader.closed, 1000);
    const steps = reader.texts.flatMap((text) => (text.type === 'metrics' ? text.steps : []));
    assert.deepEqual(
      steps,
      Array.from({ length: COUNT }, (_, index) => index + 1),
    );
    const dropped = reader.texts.reduce((sum, { droppedSnapshots = 0 }) => sum + droppedSnapshots, 0);
    assert.ok(dropped > 0);
    assert.ok(reader.frames.length + dropped <= COUNT, `${reader.frames.length} frames and ${dropped} dropped`);
  });

  it('is closed only for a reader that does not answer pings', async () => {
    const impatient = await startService({ workers: 0, pingMs: 50 });
    try {
      const { id } = await impatient.client.submit(rehearsed());
      const address = `${impatient.url.replace('http', 'ws')}/v1/runs/${id}/stream`;
      const [silent, answering] = [new WebSocket(address, { autoPong: false }), new WebSocket(address)];
      const [code] = (await once(silent, 'close')) as [number];
      assert.equal(code, 1006);
      assert.equal(answering.readyState, WebSocket.OPEN);
      answering.terminate();
    } finally {
      await impatient.remove();
    }
  });

  it('is closed with 1001 when the service stops', async () => {
    const run = await ownRun();
    const reader = read(run.lease.runId);
    await reader.until(({ type }) => type === 'caughtUp');
    const restarted = service.restart();
    assert.equal(await reader.closed, 1001);
    await restarted;
  });
});
