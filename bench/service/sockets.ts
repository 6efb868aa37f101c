/**
 * Measures many sockets on one run: all of them at 10 snapshots a second while it trains, and a burst of them on a run
 * with a long log. The clients are processes of their own on the same machine, so what they cost is said too.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readJob } from '../../src/jobs/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { LogEntry, Store } from '../../src/store/store.ts';
import type { Job } from '../../src/vocabulary/index.ts';
import { ServiceProcess } from './service-process.ts';
import type { ClientOrder, ClientReport } from './socket-clients.ts';
import { quantile } from './statistics.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

const CLIENT_PROCESSES = 2;
const LIVE_S = 20;
const SETTLE_MS = 3000;
const BURST_WITHIN_MS = 1000;
const BURST_LIMIT_MS = 60_000;

export interface SocketOptions {
  sockets: number;
  /** Messages in the log of the burst's run. */
  messages: number;
  databaseUrl: string | undefined;
}

export const measureSockets = (options: SocketOptions): Promise<Row[]> =>
  withFolder((folder) => measureLive(join(folder, 'data'), options));

export const measureBurstOfSockets = (options: SocketOptions): Promise<Row[]> =>
  withFolder((folder) => measureBurst(join(folder, 'data'), options));

/** Trains for longer than anybody looks. */
const longJob: Job = {
  name: 'benchmark: sockets',
  dataset: { name: 'spirals', samples: 2000 },
  model: { layers: Array.from({ length: 3 }, () => ({ type: 'dense', units: 64, activation: 'relu' })) },
  training: { epochs: 1_000_000, batchSize: 32, seed: 1, optimizer: { type: 'sgd', learningRate: 0.01 } },
  telemetry: { snapshotsPerSecond: 10, checkpointEverySeconds: 10 },
};

async function measureLive(dataDir: string, { sockets }: SocketOptions): Promise<Row[]> {
  const service = await ServiceProcess.start({ dataDir });
  const clients = new Clients();
  try {
    const { client } = service;
    const { id } = await client.submit(longJob);
    for await (const message of client.watch(id)) if (message.type === 'snapshot') break;
    await delay(SETTLE_MS);
    const alone = await stepsPerSecond(service, id);
    const memory = service.residentMb();
    clients.open(service.url, `/v1/runs/${id}/stream?since=latest`, sockets, 5000);
    await clients.until(({ caughtUp }) => caughtUp === sockets, BURST_LIMIT_MS);
    await delay(SETTLE_MS);
    await clients.report();
    const mainBefore = service.threadCpuMs();
    const loop = LoopDelay.start(service.url);
    const watched = await stepsPerSecond(service, id);
    const delays = await loop.stop();
    const report = await clients.report();
    const seconds = report.elapsedMs / 1000;
    const busy = busiest(mainBefore, service.threadCpuMs());
    const grown = service.residentMb() - memory;
    clients.close();
    await delay(SETTLE_MS);
    const after = await stepsPerSecond(service, id);
    await client.cancel(id);
    console.error(
      JSON.stringify({ alone, watched, after, busy, report: { ...report, latencies: report.latencies.length } }),
    );
    const what = `${sockets} sockets on a run that trains`;
    return [
      {
        what: `${what}: snapshots per second and socket`,
        values: [report.snapshots / seconds / sockets],
        unit: 'Hz',
        least: 9.8,
      },
      { what: `${what}: from the commit to the socket, p50`, values: [quantile(report.latencies, 0.5)], unit: 'ms' },
      {
        what: `${what}: from the commit to the socket, p95`,
        values: [quantile(report.latencies, 0.95)],
        unit: 'ms',
        limit: 100,
      },
      { what: `${what}: lost sockets`, values: [report.lost], unit: '' },
      {
        what: `${what}: steps per second, over without sockets`,
        values: [(2 * watched) / (alone + after)],
        unit: 'x',
        least: 0.9,
      },
      { what: `${what}: answer of /health/live, p95`, values: [quantile(delays, 0.95)], unit: 'ms' },
      { what: `${what}: answer of /health/live, longest`, values: [Math.max(...delays)], unit: 'ms' },
      { what: `${what}: CPU time of the main thread per second`, values: [busy.main / seconds / 1000], unit: 's' },
      { what: `${what}: CPU time of the clients per second`, values: [report.cpuMs / seconds / 1000], unit: 's' },
      { what: `${what}: resident memory per socket`, values: [(grown * 1000) / sockets], unit: 'kB' },
    ];
  } finally {
    clients.stop();
    await service.stop();
  }
}

/** From the numbers of the stream's messages, over LIVE_S. */
async function stepsPerSecond({ client }: ServiceProcess, id: string): Promise<number> {
  let first: { step: number; at: number } | null = null;
  for await (const message of client.watch(id, { since: 'latest', snapshots: false })) {
    if (message.type !== 'metrics') continue;
    const now = { step: message.step, at: Date.parse(message.at) };
    first ??= now;
    if (now.at - first.at > LIVE_S * 1000) return (1000 * (now.step - first.step)) / (now.at - first.at);
  }
  throw new Error('The run ended while it was measured.');
}

async function measureBurst(dataDir: string, { sockets, messages, databaseUrl }: SocketOptions): Promise<Row[]> {
  const store = await openStore({ databaseUrl: databaseUrl ?? null, dataDir });
  let id: string;
  try {
    id = await fill(store, messages);
  } finally {
    await store.close();
  }
  const service = await ServiceProcess.start({ dataDir, ...(databaseUrl && { env: { DATABASE_URL: databaseUrl } }) });
  const clients = new Clients();
  try {
    await delay(SETTLE_MS);
    const memory = service.residentMb();
    let highest = memory;
    const before = service.threadCpuMs();
    const loop = LoopDelay.start(service.url);
    const startedAt = performance.now();
    clients.open(service.url, `/v1/runs/${id}/stream?since=0`, sockets, BURST_WITHIN_MS);
    const caughtUpMs = await clients.until((report) => {
      highest = Math.max(highest, service.residentMb());
      console.error(
        `${Math.round(performance.now() - startedAt)} ms: ${report.connected} connected, ${report.caughtUp} caught up, ${report.lost} lost`,
      );
      return report.caughtUp + report.lost === sockets;
    }, BURST_LIMIT_MS);
    const delays = await loop.stop();
    const report = clients.total;
    const busy = busiest(before, service.threadCpuMs());
    const what = `${sockets} sockets within ${BURST_WITHIN_MS / 1000} s on a run with ${messages} messages`;
    const end = (q: number) =>
      report.caughtUp >= q * sockets ? quantile(caughtUpMs, (q * sockets) / Math.max(1, report.caughtUp)) / 1000 : NaN;
    return [
      { what: `${what}: caught up`, values: [report.caughtUp], unit: '' },
      { what: `${what}: half of them`, values: [end(0.5)], unit: 's' },
      { what: `${what}: all of them`, values: [end(1)], unit: 's', limit: 10 },
      { what: `${what}: lost sockets`, values: [report.lost], unit: '' },
      { what: `${what}: sent`, values: [report.bytes / 1e6], unit: 'MB' },
      { what: `${what}: answer of /health/live, p95`, values: [quantile(delays, 0.95)], unit: 'ms' },
      { what: `${what}: answer of /health/live, longest`, values: [Math.max(...delays)], unit: 'ms' },
      { what: `${what}: CPU time of the main thread`, values: [busy.main / 1000], unit: 's' },
      { what: `${what}: CPU time of the clients`, values: [report.cpuMs / 1000], unit: 's' },
      { what: `${what}: growth of resident memory at its highest`, values: [highest - memory], unit: 'MB' },
    ];
  } finally {
    clients.stop();
    await service.stop();
  }
}

/** A run that waits, paused, with so many messages. */
async function fill(store: Store, messages: number): Promise<string> {
  const job = readJob(longJob, { uploaded: null });
  if ('details' in job) throw new Error(JSON.stringify(job.details));
  const progress = { epoch: 0, epochs: 1, step: 0, steps: 1 };
  const { id } = await store.runs.create({ kind: 'trained', spec: job.spec, progress });
  const claimed = await store.runs.claim(id, 'bench');
  if (!claimed) throw new Error('The new run could not be claimed.');
  const lease = { runId: id, attempt: claimed.attempt };
  for (let step = 1; step <= messages;) {
    const entries: LogEntry[] = [];
    for (; entries.length < 500 && step <= messages; step++) entries.push(messageAt(step));
    await store.log.append(lease, entries, {});
  }
  await store.log.append(lease, [], { to: 'paused' });
  return id;
}

const messageAt = (step: number): LogEntry =>
  step % 50 === 0
    ? {
        type: 'event',
        step,
        event: {
          code: 'NEURONS_DIED',
          level: 'warning',
          message: `1 neuron of dense_1 died at step ${step}.`,
          layer: 'dense_1',
          data: { neurons: [step % 64] },
        },
      }
    : {
        type: 'metrics',
        step,
        steps: [step],
        values: {
          loss: [1 / Math.sqrt(step)],
          accuracy: [1 - 1 / step],
          learningRate: [0.01],
          gradientNorm: [Math.abs(Math.sin(step))],
        },
      };

/** CPU time by thread between two looks; the first thread of a process has the lowest number. */
function busiest(before: Map<string, number>, after: Map<string, number>): { main: number; all: number } {
  const spent = [...after].map(([thread, ms]) => [Number(thread), ms - (before.get(thread) ?? 0)] as const);
  const [, main = NaN] = spent.toSorted(([a], [b]) => a - b)[0] ?? [];
  return { main, all: spent.reduce((sum, [, ms]) => sum + ms, 0) };
}

/** How long a request that needs nothing waits for its answer. */
class LoopDelay {
  readonly #delays: number[] = [];
  readonly #url: string;
  #isStopped = false;
  readonly #ended: Promise<void>;

  private constructor(url: string) {
    this.#url = `${url}/health/live`;
    this.#ended = this.#look();
  }

  static start(url: string): LoopDelay {
    return new LoopDelay(url);
  }

  async stop(): Promise<number[]> {
    this.#isStopped = true;
    await this.#ended;
    return this.#delays;
  }

  async #look(): Promise<void> {
    while (!this.#isStopped) {
      const startedAt = performance.now();
      await (await fetch(this.#url)).text();
      this.#delays.push(performance.now() - startedAt);
      await delay(50);
    }
  }
}

class Clients {
  /** Of all reports so far. */
  total = nothing();
  readonly #processes: ChildProcess[] = Array.from({ length: CLIENT_PROCESSES }, () =>
    fork(new URL('socket-clients.js', import.meta.url)),
  );

  open(url: string, path: string, sockets: number, withinMs: number): void {
    const { port } = new URL(url);
    for (const [index, child] of this.#processes.entries()) {
      const share =
        Math.floor((sockets * (index + 1)) / CLIENT_PROCESSES) - Math.floor((sockets * index) / CLIENT_PROCESSES);
      child.send({ type: 'open', port: Number(port), path, sockets: share, withinMs } satisfies ClientOrder);
    }
  }

  /** Since the last report. */
  async report(): Promise<ClientReport> {
    const reports = await Promise.all(
      this.#processes.map(async (child) => {
        child.send({ type: 'report' } satisfies ClientOrder);
        return ((await once(child, 'message')) as [ClientReport])[0];
      }),
    );
    const sum = nothing();
    for (const report of reports) addTo(sum, report);
    sum.elapsedMs = Math.max(...reports.map(({ elapsedMs }) => elapsedMs));
    addTo(this.total, sum);
    Object.assign(this.total, { connected: sum.connected, caughtUp: sum.caughtUp, lost: sum.lost });
    return sum;
  }

  /** Returns when each socket had caught up, in ms from the order to open them. */
  async until(isDone: (report: ClientReport) => boolean, limitMs: number): Promise<number[]> {
    const caughtUpMs: number[] = [];
    const deadline = performance.now() + limitMs;
    for (;;) {
      await delay(500);
      const report = await this.report();
      caughtUpMs.push(...report.caughtUpMs);
      if (isDone(report) || performance.now() > deadline) return caughtUpMs;
    }
  }

  close(): void {
    for (const child of this.#processes) child.send({ type: 'close' } satisfies ClientOrder);
  }

  stop(): void {
    for (const child of this.#processes) child.kill();
  }
}

const nothing = (): ClientReport => ({
  connected: 0,
  caughtUp: 0,
  lost: 0,
  caughtUpMs: [],
  texts: 0,
  snapshots: 0,
  bytes: 0,
  latencies: [],
  cpuMs: 0,
  elapsedMs: 0,
});

function addTo(sum: ClientReport, report: ClientReport): void {
  for (const key of ['connected', 'caughtUp', 'lost', 'texts', 'snapshots', 'bytes', 'cpuMs'] as const)
    sum[key] += report[key];
  for (const latency of report.latencies) sum.latencies.push(latency);
  for (const ms of report.caughtUpMs) sum.caughtUpMs.push(ms);
}
