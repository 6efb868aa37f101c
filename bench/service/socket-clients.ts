/**
 * Many readers of one stream in a process of their own, as cheap as Node allows: bare sockets that count frames. It takes
 * one order and reports once a second, and whenever it is asked.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FrameCounter } from './frame-counter.ts';

export interface OpenOrder {
  type: 'open';
  port: number;
  path: string;
  sockets: number;
  /** They are opened evenly within this time. */
  withinMs: number;
}
export type ClientOrder = OpenOrder | { type: 'report' } | { type: 'close' };

/** Since the last report, but for the first four. */
export interface ClientReport {
  connected: number;
  caughtUp: number;
  /** Sockets that were refused, reset or closed. */
  lost: number;
  /** ms from the order to each caught up socket, once. */
  caughtUpMs: number[];
  texts: number;
  snapshots: number;
  bytes: number;
  /** From `at` of a message to its arrival, of every TIMED-th socket. */
  latencies: number[];
  /** CPU time of this process. */
  cpuMs: number;
  elapsedMs: number;
}

const TIMED = 20;
/** All sockets read into one buffer, because nothing is kept. */
const buffer = Buffer.alloc(256 * 1024);
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

const sockets = new Set<Socket>();
let connected = 0,
  caughtUp = 0,
  lost = 0;
let period = emptyPeriod();

function emptyPeriod() {
  const startedAt = performance.now(),
    cpu = process.cpuUsage();
  return { caughtUpMs: [] as number[], texts: 0, snapshots: 0, bytes: 0, latencies: [] as number[], startedAt, cpu };
}

process.on('message', (order: ClientOrder) => {
  if (order.type === 'open') openAll(order);
  else if (order.type === 'report') report();
  else for (const socket of sockets) socket.destroy();
});

function openAll(order: OpenOrder): void {
  const startedAt = performance.now();
  let opened = 0;
  const timer = setInterval(() => {
    const due = Math.min(order.sockets, Math.ceil((order.sockets * (performance.now() - startedAt)) / order.withinMs));
    for (; opened < due; opened++) open(order, opened, startedAt);
    if (opened === order.sockets) clearInterval(timer);
  }, 5);
}

function open({ port, path }: OpenOrder, index: number, startedAt: number): void {
  const isTimed = index % TIMED === 0;
  let isUpgraded = false;
  let answer = Buffer.alloc(0);
  const counter = new FrameCounter({
    text(head) {
      period.texts += 1;
      if (head.startsWith('{"type":"caughtUp"')) {
        caughtUp += 1;
        period.caughtUpMs.push(performance.now() - startedAt);
      } else if (isTimed) {
        const at = /"at":"([^"]+)"/.exec(head)?.[1];
        if (at) period.latencies.push(Date.now() - Date.parse(at));
      }
    },
    binary() {
      period.snapshots += 1;
    },
    ping() {
      socket.write(PONG);
    },
  });
  const socket = connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer,
      callback(length, bytes) {
        period.bytes += length;
        let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, length);
        if (!isUpgraded) {
          answer = Buffer.concat([answer, chunk]);
          const end = answer.indexOf('\r\n\r\n');
          if (end < 0) return true;
          if (!answer.toString('latin1', 0, 12).endsWith('101')) {
            socket.destroy();
            return false;
          }
          isUpgraded = true;
          connected += 1;
          chunk = answer.subarray(end + 4);
        }
        counter.push(chunk);
        return true;
      },
    },
  });
  sockets.add(socket);
  socket.on('connect', () => {
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
  });
  // 'close' follows.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    lost += 1;
  });
}

function report(): void {
  const { startedAt, cpu, ...counts } = period;
  const { user, system } = process.cpuUsage(cpu);
  period = emptyPeriod();
  process.send!({
    connected,
    caughtUp,
    lost,
    ...counts,
    cpuMs: (user + system) / 1000,
    elapsedMs: performance.now() - startedAt,
  } satisfies ClientReport);
}
