/** The process: configuration, stations, socket; and an end in order on SIGTERM or SIGINT. */
import { buildApp, type App } from './app.ts';
import type { Config } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { startStations, type RunningStations } from './stations.ts';

/** What is not over by then is cut off; an orchestrator would do so soon after. */
const LONGEST_STOP_MS = 9_800;
/** A request that is still being answered when the service stops has this long. */
const LONGEST_ANSWER_MS = 3_000;

/** Nothing can be served: one line for the operator says why. */
export class StartFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StartFailure';
  }
}

/** The API, and training threads as many as WORKERS says. Returns when it listens. */
export async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const stations = await startStations(config, logger);
  const app = await listen(config, stations, logger);
  stopOnSignal(logger, async () => {
    // Readers are sent away while threads write their checkpoints; the database is closed when both are done.
    await Promise.all([closeApp(app), stations.stopWork()]);
    await stations.close();
  });
}

/** Training threads only: the way to more machines on one database. */
export async function work(config: Config): Promise<void> {
  if (config.databaseUrl === null)
    throw new StartFailure('a worker shares the database of the service: set DATABASE_URL for both');
  if (config.workers === 0) throw new StartFailure('a worker without threads does nothing: WORKERS must be at least 1');
  const logger = createLogger(config.logLevel);
  const stations = await startStations(config, logger);
  logger.info({ workers: config.workers }, 'the worker waits for runs');
  // Nothing else might keep the process alive while there is nothing to do.
  const alive = setInterval(() => undefined, 60_000);
  stopOnSignal(logger, async () => {
    clearInterval(alive);
    await stations.stopWork();
    await stations.close();
  });
}

async function listen(config: Config, stations: RunningStations, logger: Logger): Promise<App> {
  const { host, port } = config;
  const app = await buildApp({ config, stations, logger });
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `Relumine is at ${address}` });
    logger.info(
      {
        database: stations.store.kind === 'embedded' ? `embedded in ${config.dataDir}` : 'a Postgres server',
        workers: config.workers,
      },
      'ready',
    );
    return app;
  } catch (error) {
    await app.close();
    await stations.stopWork();
    await stations.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartFailure(`port ${port} of ${host} is taken: stop what listens there, or set PORT`);
    if (code === 'EACCES')
      throw new StartFailure(`port ${port} needs more rights than this process has: set PORT to one above 1023`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new StartFailure(`HOST ${host} is no address of this machine (${message})`);
    throw error;
  }
}

async function closeApp(app: App): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), LONGEST_ANSWER_MS);
  await app.close();
  clearTimeout(cutOff);
}

/** A second signal does not wait. */
function stopOnSignal(logger: Logger, end: () => Promise<void>): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'stopping: running jobs go back to the queue');
    const cutOff = setTimeout(() => {
      logger.error('not everything came to its end in time');
      process.exit(1);
    }, LONGEST_STOP_MS);
    end().then(
      () => {
        clearTimeout(cutOff);
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'could not stop in order');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
