/** The process: port, stations, API; and an orderly stop on SIGTERM or SIGINT. */
import { buildApp, type App } from './app.ts';
import type { Config } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { takePort, type TakenPort } from './port.ts';
import { StartFailure } from './start-failure.ts';
import { startStations, type RunningStations } from './stations.ts';

/** Whatever has not stopped by then is cut off; an orchestrator would do the same soon after. */
const LONGEST_STOP_MS = 9_800;
/** How long a request may still take when the service stops. */
const LONGEST_ANSWER_MS = 3_000;

/** Starts the API and WORKERS training threads. Returns when the API accepts requests. */
export async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const port = await takePort(config);
  const { app, stations } = await start(config, port, logger);
  stopOnSignal(logger, async () => {
    // Stream readers are sent away while threads write their checkpoints; the database closes when both are done.
    await Promise.all([closeApp(app, port), stations.stopWork()]);
    await stations.close();
  });
}

/** Training threads only: how more machines work on one database. */
export async function work(config: Config): Promise<void> {
  if (config.databaseUrl === null)
    throw new StartFailure('A worker shares a database with the service. Set DATABASE_URL for both.');
  if (config.workers === 0) throw new StartFailure('A worker needs at least one thread. Set WORKERS to 1 or more.');
  const logger = createLogger(config.logLevel);
  const stations = await startStations(config, logger);
  logger.info({ workers: config.workers }, 'worker ready');
  // Between runs nothing else keeps the process alive.
  const alive = setInterval(() => undefined, 60_000);
  stopOnSignal(logger, async () => {
    clearInterval(alive);
    await stations.stopWork();
    await stations.close();
  });
}

async function start(
  config: Config,
  port: TakenPort,
  logger: Logger,
): Promise<{ app: App; stations: RunningStations }> {
  let stations: RunningStations | null = null;
  try {
    stations = await startStations(config, logger);
    const app = await buildApp({ config, stations, logger });
    await app.ready();
    port.handOver(app.server);
    for (const url of port.urls) logger.info(`Relumine is at ${url}`);
    const database = stations.store.kind === 'embedded' ? `embedded in ${config.dataDir}` : 'Postgres server';
    logger.info({ database, workers: config.workers }, 'ready');
    return { app, stations };
  } catch (error) {
    port.close();
    await stations?.stopWork();
    await stations?.close();
    throw error;
  }
}

async function closeApp(app: App, port: TakenPort): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), LONGEST_ANSWER_MS);
  port.close();
  await app.close();
  clearTimeout(cutOff);
}

/** A second signal ends the process at once. */
function stopOnSignal(logger: Logger, end: () => Promise<void>): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'stopping: running jobs return to the queue');
    const cutOff = setTimeout(() => {
      logger.error('could not stop in time');
      process.exit(1);
    }, LONGEST_STOP_MS);
    end().then(
      () => {
        clearTimeout(cutOff);
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'failed to stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
