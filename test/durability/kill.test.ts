/**
 * kill -9 again and again while runs train, on every engine: every run ends, with the weights, curves and life histories of a run that was
 * never stopped, and nothing that was sent is lost. RELUMINE_KILLS: how often, instead of the few times of the suite.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import {
  isFinal,
  STEP_METRICS,
  type EngineName,
  type Job,
  type Run,
  type StreamMessage,
} from '../../src/vocabulary/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { decodeCheckpoint } from '../../src/training/checkpoint.ts';
import { createDatabase, STORE_KINDS, type TestDatabase } from '../support/database.ts';
import { endProcess } from '../support/end-process.ts';
import { eventfulJob } from '../support/eventful-job.ts';
import { seededRandom } from '../support/seed.ts';

const KILLS = Number(process.env['RELUMINE_KILLS'] ?? 4);
/** A service is killed at a random moment within this time after it listens, or after a run begins to train. */
const LONGEST_LIFE_MS = 800;
const SOON_MS = 150;

const job = (engine: EngineName): Job => ({
  // A few seconds of training. A step takes an eager engine about ten times as long as a compiled one.
  ...eventfulJob('to be killed', engine === 'tensorflow' ? 50 : 500),
  engine,
});

class Service {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `127.0.0.1:${port}`;
  }

  static async start({ databaseUrl, dataDir }: TestDatabase, settings: Record<string, string> = {}): Promise<Service> {
    const child = spawn(process.execPath, [fileURLToPath(new URL('../support/service-process.js', import.meta.url))], {
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl ?? '',
        DATA_DIR: dataDir,
        WORKERS: '1',
        LOG_LEVEL: 'fatal',
        TF_CPP_MIN_LOG_LEVEL: '3',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const first = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
    assert.equal(typeof first[0], 'string', 'the service starts');
    return new Service(child, (JSON.parse(first[0] as string) as { port: number }).port);
  }

  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    return endProcess(this.#child, signal);
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`http://${this.url}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, text);
    return JSON.parse(text) as T;
  }
}

/** Follows a run across all lives of the service, and keeps what it receives. */
class Witness {
  readonly runId: string;
  readonly engine: EngineName;
  readonly received = new Map<number, StreamMessage>();
  lastSeq = 0;
  hasEnded = false;
  readonly ended: Promise<void>;
  #end: () => void = () => {};
  #onLive: () => void = () => {};

  constructor(runId: string, engine: EngineName) {
    this.runId = runId;
    this.engine = engine;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves with the next metrics that come while the run trains. */
  live(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLive = resolve;
    });
  }

  follow(service: Service): void {
    if (this.hasEnded) return;
    const socket = new WebSocket(`ws://${service.url}/v1/runs/${this.runId}/stream?since=${this.lastSeq}`);
    let isLive = false;
    socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      const message = JSON.parse((data as Buffer).toString()) as StreamMessage | { type: 'caughtUp'; seq: number };
      if (message.type === 'caughtUp') {
        isLive = true;
        return;
      }
      assert.ok(message.seq > this.lastSeq, 'in order, each once');
      this.lastSeq = message.seq;
      const { droppedSnapshots: _dropped, ...kept } = message;
      this.received.set(message.seq, kept);
      if (message.type === 'status' && isFinal(message.status)) {
        this.hasEnded = true;
        this.#end();
      }
      if (isLive && message.type === 'metrics') this.#onLive();
    });
    socket.on('error', () => {}); // The service was killed. The next life is followed again.
  }
}

const ENGINES_BY_STORE: Record<(typeof STORE_KINDS)[number], readonly EngineName[]> = {
  embedded: ['wasm', 'hybrid', 'onnx'],
  server: ['tensorflow'],
};

// Both at once, because a life of the service is mostly its start, on one core, and waiting.
describe('kill -9', { concurrency: true }, () => {
  for (const kind of STORE_KINDS) {
    const engines = ENGINES_BY_STORE[kind];
    test(
      `a service that is killed ${KILLS} times loses nothing (${kind} store, ${engines.join(', ')})`,
      { timeout: 600_000 },
      async (t) => {
        const random = seededRandom(t);
        const database = await createDatabase(kind);
        // In its first life a service on a busy machine must not take its own runs for those of a dead one.
        let service = await Service.start(database, { SILENT_MS: '60000' });
        t.after(() => service.end('SIGKILL'));
        const submit = async (engine: EngineName): Promise<Witness> => {
          const { id } = await service.request<Run>('POST', '/v1/runs', job(engine));
          const witness = new Witness(id, engine);
          witness.follow(service);
          return witness;
        };
        const references = await Promise.all(engines.map(submit));
        await Promise.all(references.map(({ ended }) => ended));

        // While a run trains, on each engine in turn, and then at a random moment of the service's start.
        const moments = [...engines, 'start'] as const;
        const witnesses: Witness[] = [];
        for (let kill = 0; kill < KILLS; kill++) {
          const moment = moments[kill % moments.length]!;
          if (moment === 'start') await delay(random.uniform() * LONGEST_LIFE_MS);
          else {
            const fresh = await submit(moment);
            witnesses.push(fresh);
            await Promise.race([fresh.live(), fresh.ended]);
            await delay(random.uniform() * SOON_MS);
          }
          await service.end('SIGKILL');
          service = await Service.start(database);
          for (const witness of witnesses) witness.follow(service);
        }
        await Promise.all(witnesses.map(({ ended }) => ended));
        await service.end('SIGTERM');

        const store = await openStore(database);
        try {
          const attempts = new Map<EngineName, number[]>();
          for (const reference of references) {
            const { engine } = reference;
            const expected = await parametersOf(store, reference.runId);
            const expectedRecord = await recordOf(store, reference.runId);
            assert.ok(expectedRecord.verdicts.length > 10);
            for (const witness of [reference, ...witnesses.filter((other) => other.engine === engine)]) {
              const run = await store.runs.get(witness.runId);
              assert.equal(run?.status, 'succeeded', JSON.stringify(run?.error));
              assert.equal(run.engine?.name, engine);
              attempts.set(engine, [...(attempts.get(engine) ?? []), run.attempt]);
              assert.deepEqual(
                await parametersOf(store, witness.runId),
                expected,
                'the final and the best weights of a run that was never stopped',
              );
              assert.deepEqual(await recordOf(store, witness.runId), expectedRecord, 'its curves and life histories');
              await compareWithLog(store, witness);
            }
          }
          const counts = [...attempts].map(([engine, each]) => `${engine} ${each.join(', ')}`).join('; ');
          for (const [first, ...others] of attempts.values()) {
            assert.equal(first, 1);
            assert.ok(
              others.some((attempt) => attempt > 1),
              `attempts: ${counts}`,
            );
          }
          t.diagnostic(`attempts: ${counts}`);
        } finally {
          await store.close();
          await database.remove();
        }
      },
    );
  }
});

async function parametersOf(store: Store, runId: string): Promise<{ step: number; parameters: Float32Array }[]> {
  const [latest, best] = [await store.checkpoints.latest(runId), await store.checkpoints.best(runId)];
  assert.ok(latest?.isFinal && best?.isBest);
  return [latest, best].map(({ step, state }) => ({ step, parameters: decodeCheckpoint(state).network.parameters }));
}

async function recordOf(store: Store, runId: string) {
  return {
    series: await store.metrics.read(runId, { points: 'all', keys: [...STEP_METRICS] }),
    verdicts: await store.verdicts.all(runId),
  };
}

/** Everything in the log was received, everything received is in the log, and no step was measured twice. */
async function compareWithLog(store: Store, { runId, received }: Witness): Promise<void> {
  const log = new Map<number, StreamMessage>();
  for (let since = 0; ;) {
    const page = await store.log.read(runId, since, 200);
    for (const record of page)
      if (record.kind === 'message') log.set(record.seq, JSON.parse(JSON.stringify(record.message)) as StreamMessage);
    if (page.length < 200) break;
    since = (page.at(-1) as { seq: number }).seq;
  }
  assert.deepEqual(received, log);
  const { loss } = await store.metrics.read(runId, { keys: ['loss'], points: 'all' });
  assert.ok(loss);
  assert.ok(
    loss.steps.every((step, index) => index === 0 || step > (loss.steps[index - 1] as number)),
    'every step once',
  );
}
