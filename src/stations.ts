/**
 * Builds the stations behind the routes, each after those that it needs, and stops them in reverse order.
 */
import { Bodies } from './bodies/bodies.ts';
import { DATASET_LIMITS, USE_LIMITS, type Config } from './config.ts';
import type { Logger } from './logger.ts';
import { Allowances } from './people/allowances.ts';
import { Housekeeping, type HousekeepingOptions } from './people/housekeeping.ts';
import { QuestionDesk } from './queue/question-desk.ts';
import { TrainingQueue, type QueueOptions } from './queue/run-queue.ts';
import type { Stations } from './routes/route.ts';
import { Shelf } from './shelf/shelf.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';
import { TrialRunner } from './trials/trial-runner.ts';
import { Counters } from './telemetry/counters.ts';
import { LogBroadcaster } from './telemetry/log-broadcaster.ts';
import { Webhooks, type WebhooksOptions } from './webhooks/webhooks.ts';

export interface RunningStations extends Stations {
  /** Running jobs write a checkpoint and return to the queue, within 10 s. Requests can still be answered. */
  stopWork(): Promise<void>;
  close(): Promise<void>;
}

export type StationsConfig = Pick<Config, 'databaseUrl' | 'dataDir' | 'workers'> &
  Partial<Pick<Config, 'datasetLimits' | 'datasetFolders' | 'publicUrl' | 'webhooksAllowPrivate' | 'limits'>>;

export interface StationsOptions {
  /** Before any work begins. What it throws keeps the service from starting. */
  admit?: (store: Store) => Promise<void>;
  /** The database can never be used again by this process, for a reason in one sentence. */
  onFatal?: (reason: string) => void;
  /** For tests: other times and other threads. */
  queue?: Partial<QueueOptions>;
  webhooks?: Partial<WebhooksOptions>;
  housekeeping?: Partial<HousekeepingOptions>;
}

/** Opens the database and starts to train queued runs. */
export async function startStations(
  config: StationsConfig,
  logger: Logger,
  options: StationsOptions = {},
): Promise<RunningStations> {
  const { databaseUrl, dataDir, workers, datasetLimits = DATASET_LIMITS, datasetFolders = [] } = config;
  const { onFatal } = options;
  const store = await openStore({ databaseUrl, dataDir, logger, ...(onFatal && { onFatal }) });
  await options.admit?.(store).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const counters = new Counters();
  const broadcaster = new LogBroadcaster({
    store,
    counters,
    onError: (error, run) => logger.warn({ err: error, run }, 'could not read a log; retrying'),
  });
  const limits = config.limits ?? USE_LIMITS;
  const queue = new TrainingQueue({
    store,
    broadcaster,
    counters,
    log: logger,
    workers,
    limits: { project: limits.project.concurrentRuns, person: limits.person.concurrentRuns },
    waitingLimits: { project: limits.project.queuedRuns, person: limits.person.queuedRuns },
    ...options.queue,
  });
  const allowances = new Allowances({ store, limits });
  const housekeeping = new Housekeeping({ store, log: logger, ...options.housekeeping });
  const bodies = new Bodies();
  const questions = new QuestionDesk();
  const shelf = new Shelf({ store, log: logger, dataDir, limits: datasetLimits, folders: datasetFolders });
  const trials = new TrialRunner({ store, queue, log: logger });
  const webhooks = new Webhooks({
    store,
    log: logger,
    serviceUrl: config.publicUrl ?? null,
    allowPrivate: config.webhooksAllowPrivate ?? false,
    ...options.webhooks,
  });

  const stopWork = async (): Promise<void> => {
    await trials.stop();
    await Promise.all([
      bodies.stop(),
      questions.stop(),
      queue.stop(),
      shelf.stop(),
      webhooks.stop(),
      housekeeping.stop(),
    ]);
  };
  const close = async (): Promise<void> => {
    broadcaster.close();
    await store.close();
  };
  try {
    await queue.start();
    await trials.start();
    await shelf.start();
    webhooks.start();
    housekeeping.start();
  } catch (error) {
    await stopWork();
    await close();
    throw error;
  }
  return {
    store,
    shelf,
    counters,
    broadcaster,
    queue,
    bodies,
    questions,
    trials,
    webhooks,
    allowances,
    stopWork,
    close,
  };
}
