/** The process: port, stations, API; and an orderly stop on SIGTERM or SIGINT. */
import { buildApp, type App } from './app.ts';
import { isLoopback, type Config } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { inviteFirstOwner } from './people/first-owner.ts';
import { takePort, type TakenPort } from './port.ts';
import { StartFailure } from './start-failure.ts';
import { startStations, type RunningStations } from './stations.ts';
import { outageBehind } from './store/postgres/availability.ts';
import type { Store } from './store/store.ts';
import { INVITATION_PAGE } from './vocabulary/index.ts';

/** Whatever has not stopped by then is cut off; an orchestrator would do the same soon after. */
const LONGEST_STOP_MS = 9_800;
/** A thread warms up when the service has answered its first requests. */
const WARM_AFTER_MS = 1_000;
/** How long a request may still take when the service stops. */
const LONGEST_ANSWER_MS = 3_000;

/** Starts the API and WORKERS training threads. Returns when the API accepts requests. */
export async function serve(config: Config): Promise<void> {
  const logger = createServiceLogger(config);
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
  const logger = createServiceLogger(config);
  const stations = await startStations(config, logger, {
    onFatal: endWith(logger),
    queue: { warmAfterMs: WARM_AFTER_MS },
  });
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
    let setUpToken: string | null = null;
    const admit = async (store: Store): Promise<void> => {
      setUpToken = await admitWithoutOwner(store, config);
    };
    stations = await startStations(config, logger, {
      admit,
      onFatal: endWith(logger),
      queue: { warmAfterMs: WARM_AFTER_MS },
    });
    const app = await buildApp({ config, stations, logger });
    await app.ready();
    port.handOver(app.server);
    for (const url of port.urls) logger.info(`Relumine is at ${url}`);
    const database = stations.store.kind === 'embedded' ? `embedded in ${config.dataDir}` : 'Postgres server';
    logger.info({ database, workers: config.workers }, 'ready');
    // Not through the logger: it has to be seen, whatever LOG_LEVEL is.
    if (setUpToken !== null) process.stdout.write(`${setUpNotice(setUpToken, config, port)}\n`);
    return { app, stations };
  } catch (error) {
    port.close();
    await stations?.stopWork();
    await stations?.close();
    throw error;
  }
}

/**
 * Where others can reach the service, it needs an owner. Returns the token of a link for the first one if there is none
 * and SET_UP asks for it. Throws StartFailure.
 */
async function admitWithoutOwner(store: Store, { host, setUp }: Config): Promise<string | null> {
  if (isLoopback(host) || !(await store.people.isEmpty())) return null;
  if (setUp) return inviteFirstOwner(store);
  throw new StartFailure(
    `Nobody is registered, and others can reach HOST ${host}. Register an owner with \`relumine admin create --name NAME\`, or start with \`relumine serve --set-up\` (SET_UP=true) and open the link that it prints.`,
  );
}

/** From this machine, a loopback name always leads to a wildcard address. */
function setUpNotice(token: string, { host, publicUrl }: Config, { urls }: TakenPort): string {
  const [first = ''] = urls;
  const own = /^(0\.0\.0\.0|::)$/.test(host) ? `http://localhost:${new URL(first).port || 80}` : first;
  return `Nobody is registered yet, and nobody can use the service before. Open this link within a day, once, to register the first owner:\n${publicUrl ?? own}${INVITATION_PAGE}#${token}`;
}

async function closeApp(app: App, port: TakenPort): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), LONGEST_ANSWER_MS);
  port.close();
  await app.close();
  clearTimeout(cutOff);
}

/** An outage of the database is in the log when it begins and when it ends, and not with everything that fails meanwhile. */
const createServiceLogger = ({ logLevel }: Config): Logger =>
  createLogger(logLevel, process.stdout, (error) => outageBehind(error) !== null);

/** Where nothing can be stored any more, there is nothing to stop orderly: runs continue from their checkpoints. */
const endWith =
  (logger: Logger) =>
  (reason: string): void => {
    logger.fatal(reason);
    process.exit(1);
  };

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
