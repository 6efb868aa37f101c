/** Follows a run over the stream across all lives of the service, and compares what was told with the log. */
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { isFinal, type StreamMessage } from '../../../src/vocabulary/index.ts';
import type { Tally } from './tally.ts';

const AGAIN_MS = 100;

export class Witness {
  readonly runId: string;
  readonly told = new Map<number, StreamMessage>();
  readonly ended: Promise<void>;
  readonly #port: number;
  readonly #tally: Tally;
  #lastSeq = 0;
  #isOver = false;
  #socket: WebSocket | null = null;
  #waiting: (() => void)[] = [];
  #kills = 0;

  constructor(port: number, runId: string, tally: Tally) {
    this.runId = runId;
    this.#port = port;
    this.#tally = tally;
    this.ended = this.#follow();
  }

  get hasEnded(): boolean {
    return this.#isOver;
  }

  /** Kills since it got further. */
  get kills(): number {
    return this.#kills;
  }

  noteKill(): void {
    this.#kills += 1;
  }

  /** Resolves when it is further than it ever was. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives up, if the run's end will not come. */
  stop(): void {
    this.#isOver = true;
    for (const wake of this.#waiting.splice(0)) wake();
    this.#socket?.terminate();
  }

  async #follow(): Promise<void> {
    while (!this.#isOver) {
      const socket = openStream(this.#port, this.runId, this.#lastSeq);
      this.#socket = socket;
      socket.on('message', (data, isBinary) => {
        if (!isBinary) this.#hear((data as Buffer).toString());
      });
      await once(socket, 'close').catch(() => undefined);
      if (!this.#isOver) await delay(AGAIN_MS);
    }
  }

  #hear(text: string): void {
    const message = JSON.parse(text) as StreamMessage | { type: string };
    if (!isOfLog(message)) return;
    const { droppedSnapshots: _dropped, ...kept } = message;
    if (message.seq <= this.#lastSeq)
      this.#tally.add('doubled', `message ${message.seq} of ${this.runId} was told twice`);
    this.#lastSeq = Math.max(this.#lastSeq, message.seq);
    this.told.set(message.seq, kept);
    if (message.type === 'metrics' || message.type === 'checkpoint') {
      this.#kills = 0;
      for (const wake of this.#waiting.splice(0)) wake();
    }
    if (message.type === 'status' && isFinal(message.status)) this.stop();
  }

  /** Against the log as it is now. */
  async compare(): Promise<void> {
    const log = await readLog(this.#port, this.runId);
    for (const [seq, message] of log) {
      const told = this.told.get(seq);
      if (!told) this.#tally.add('lost', `message ${seq} of ${this.runId} (${message.type}) was never told`);
      else if (!isDeepStrictEqual(told, message))
        this.#tally.add('changed', `message ${seq} of ${this.runId}: ${JSON.stringify(told).slice(0, 150)}`);
    }
    for (const seq of this.told.keys())
      if (!log.has(seq)) this.#tally.add('lost', `message ${seq} of ${this.runId} was told, and is not in the log`);
  }
}

/** What else is said, such as `caughtUp`, has another meaning for `seq`, or none. */
const isOfLog = (message: { type: string }): message is StreamMessage =>
  ['status', 'metrics', 'event', 'checkpoint'].includes(message.type);

const openStream = (port: number, runId: string, since: number): WebSocket => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/runs/${runId}/stream?since=${since}`);
  socket.on('error', () => undefined); // The service is not there; `close` follows.
  return socket;
};

const LONGEST_READ_MS = 60_000;

/** The whole log of a run, by seq. Throws if it cannot be read. */
async function readLog(port: number, runId: string): Promise<Map<number, StreamMessage>> {
  const log = new Map<number, StreamMessage>();
  let isRead = false;
  const socket = openStream(port, runId, 0);
  const limit = setTimeout(() => socket.terminate(), LONGEST_READ_MS);
  socket.on('message', (data, isBinary) => {
    if (isBinary) return;
    const message = JSON.parse((data as Buffer).toString()) as StreamMessage | { type: string };
    if (isOfLog(message)) {
      const { droppedSnapshots: _dropped, ...kept } = message;
      log.set(message.seq, kept);
    } else if (message.type === 'caughtUp') {
      isRead = true;
      socket.close();
    }
  });
  await once(socket, 'close');
  clearTimeout(limit);
  if (!isRead) throw new Error(`The log of ${runId} could not be read.`);
  return log;
}
