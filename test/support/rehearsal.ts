/** A queue on a real store, with threads that rehearse training. */
import { EventEmitter, once } from 'node:events';
import { isFinal, type JobSpec, type Run, type RunStatus } from '../../src/vocabulary/index.ts';
import { threadUrl } from '../../src/queue/thread-url.ts';
import { submitJob } from '../../src/queue/submit-job.ts';
import { TrainingQueue, type QueueOptions } from '../../src/queue/run-queue.ts';
import type { Origin, Store } from '../../src/store/store.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { LogBroadcaster } from '../../src/telemetry/log-broadcaster.ts';
import { Gate } from './gate.ts';

export type Options = Partial<QueueOptions> & { workers: number };

export interface Rehearsal {
  store: Store;
  queue: TrainingQueue;
  broadcaster: LogBroadcaster;
  counters: Counters;
  /** Creates a run and queues it, as a route does. */
  submit: (spec: JobSpec, origin?: Origin) => Promise<Run>;
  /**
   * The run, once it is or has been in `status`. With a `condition`: once it is in `status` and the condition is true.
   */
  status: (runId: string, status: RunStatus, condition?: (run: Run) => boolean) => Promise<Run>;
  ended: (runId: string) => Promise<Run>;
  /** A gate for this test, removed at the end of the rehearsal. */
  gate: () => Gate;
  /** Runs in the order in which they were claimed. */
  startOrder: () => string[];
  /** A new queue on the same store. */
  reopen: (more?: Partial<Options>) => Promise<Rehearsal>;
  close: () => Promise<void>;
}

const WAIT_MS = 60_000;
const silent = { info: () => {}, warn: () => {}, error: () => {}, child: () => silent };

/** Runs on `store`, which is emptied at the end. */
export async function rehearse(
  store: Store,
  options: Options,
  test: (rehearsal: Rehearsal) => Promise<void>,
): Promise<void> {
  const opened: Rehearsal[] = [];
  const open = async (options: Options): Promise<Rehearsal> => {
    const rehearsal = await play(store, options);
    opened.push(rehearsal);
    return { ...rehearsal, reopen: (more) => open({ ...options, ...more }) };
  };
  try {
    await test(await open(options));
  } finally {
    for (const rehearsal of opened) await rehearsal.close();
    await empty(store);
  }
}

/** A queue on `store`, which stays open when the queue is closed. */
export async function play(store: Store, options: Options): Promise<Rehearsal> {
  const counters = new Counters();
  const broadcaster = new LogBroadcaster({ store, counters, onError: () => {} });
  const taken: string[] = [];
  const log = {
    ...silent,
    child: ({ runId }: Record<string, unknown>) => ({
      ...silent,
      info: (_: object, message: string) => {
        if (message === 'run claimed') taken.push(String(runId));
      },
    }),
  };
  const queue = new TrainingQueue({
    store,
    broadcaster,
    counters,
    log,
    threadHeapMb: 256,
    threadUrl: threadUrl('./rehearsal-thread', import.meta.url),
    ...options,
  });
  await queue.start();
  const gates: Gate[] = [];
  const until = async (
    runId: string,
    what: string,
    condition: (run: Run) => boolean | Promise<boolean>,
  ): Promise<Run> => {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const changed = nextHint(store, runId);
      try {
        const run = await store.runs.get(runId);
        if (run && (await condition(run))) return run;
        if (run && isFinal(run.status))
          throw new Error(`${runId} is ${run.status} (${run.error?.message}), and never ${what}`);
        if (performance.now() > deadline)
          throw new Error(`${runId} is ${run?.status}, and not ${what} within ${WAIT_MS / 1000} s`);
        await changed.happens;
      } finally {
        changed.forget();
      }
    }
  };
  return {
    store,
    queue,
    broadcaster,
    counters,
    submit: (spec, origin) => submitJob({ queue }, { spec }, origin),
    status: (runId, status, condition) =>
      until(runId, status, async (run) => {
        if (condition) return run.status === status && condition(run);
        // A short run may be past this status already, but its log still shows it.
        return run.status === status || (isFinal(run.status) && (await statusesOf(store, runId)).includes(status));
      }),
    ended: (runId) => until(runId, 'ended', (run) => isFinal(run.status)),
    gate: () => {
      const gate = new Gate();
      gates.push(gate);
      return gate;
    },
    startOrder: () => [...taken],
    reopen: () => {
      throw new Error('opened by rehearse only');
    },
    close: async () => {
      await queue.stop();
      broadcaster.close();
      for (const gate of gates) gate.remove();
    },
  };
}

/** Every status of the run so far, in order. */
export async function statusesOf(store: Store, runId: string): Promise<RunStatus[]> {
  const records = await store.log.read(runId, 0, 100_000);
  return records.flatMap((record) =>
    record.kind === 'message' && record.message.type === 'status' ? [record.message.status] : [],
  );
}

/** Removes every run. */
async function empty(store: Store): Promise<void> {
  await store.pool.query('truncate runs cascade');
}

/** Resolves when the run's log grows, or after a second, in case the hint is lost. */
function nextHint(store: Store, runId: string): { happens: Promise<unknown>; forget: () => void } {
  const news = new EventEmitter();
  const unsubscribe = store.subscribe((hint) => {
    if (hint.type === 'appended' && hint.runId === runId) news.emit('happens');
  });
  const timer = setTimeout(() => news.emit('happens'), 1000);
  return {
    happens: once(news, 'happens'),
    forget: () => {
      unsubscribe();
      clearTimeout(timer);
    },
  };
}
