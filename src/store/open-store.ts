/** Opens the store: the embedded database of a data directory, or a Postgres server that several processes share. */
import { setTimeout as delay } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Answers } from './answers.ts';
import { Archives } from './archives.ts';
import { Checkpoints } from './log/checkpoints.ts';
import { sqlState, type Database, type StoreLogger } from './postgres/database.ts';
import { Datasets } from './datasets/datasets.ts';
import { Audit } from './people/audit.ts';
import { Comments } from './people/comments.ts';
import { ShareLinks } from './people/share-links.ts';
import { EmbeddedDatabase } from './embedded/embedded-database.ts';
import { Maintenance } from './embedded/maintenance.ts';
import { PrismaClient } from './generated/client.ts';
import { chooseFolding } from './postgres/folding.ts';
import { LocalHints, ServerHints, type HintBus } from './postgres/hints.ts';
import { Log } from './log/log.ts';
import { Metrics } from './log/metrics.ts';
import { Attempts } from './people/attempts.ts';
import { Invitations } from './people/invitations.ts';
import { Keys } from './people/keys.ts';
import { People } from './people/people.ts';
import { Sessions } from './people/sessions.ts';
import { migrate, readMigrations } from './postgres/migrations.ts';
import { Erasures } from './people/erasure.ts';
import { Rates } from './people/rates.ts';
import { Retentions } from './people/retention.ts';
import { Usages } from './people/usage.ts';
import { Projects } from './people/projects.ts';
import { Runs } from './runs/runs.ts';
import { Snapshots } from './log/snapshots.ts';
import type { Hint, Store } from './store.ts';
import { TrialsTable } from './trials.ts';
import { StoreUnavailable } from './postgres/unavailable.ts';
import { Verdicts } from './log/verdicts.ts';
import { Views } from './views.ts';
import { DeliveryTable } from './webhooks/delivery-table.ts';
import { WebhookTable } from './webhooks/webhook-table.ts';

export interface StoreOptions {
  /** A Postgres server; null for the embedded database in `dataDir`. */
  databaseUrl: string | null;
  dataDir: string;
  logger?: StoreLogger;
}

const POOL_SIZE = 10;
const OLDEST_SERVER = 15;
/** How long to wait for a server that is starting at the same time. */
const WAIT_FOR_SERVER_MS = 15_000;
const RETRY_EVERY_MS = 250;

const silent: StoreLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Backend {
  kind: Store['kind'];
  pool: pg.Pool;
  hints: HintBus;
  close: () => Promise<void>;
}

/** Throws StoreUnavailable, with one line for the operator, if the database cannot be used. */
export async function openStore({ databaseUrl, dataDir, logger = silent }: StoreOptions): Promise<Store> {
  const backend = databaseUrl === null ? await openEmbedded(dataDir, logger) : await openServer(databaseUrl, logger);
  try {
    return await assemble(backend, logger);
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function openEmbedded(dataDir: string, logger: StoreLogger): Promise<Backend> {
  const embedded = await EmbeddedDatabase.open(dataDir, logger);
  const pool = openPool({ stream: embedded.socket, user: 'postgres', database: 'postgres' }, logger);
  const hints = new LocalHints(logger);
  const maintenance = new Maintenance(pool, logger);
  maintenance.start();
  return {
    kind: 'embedded',
    pool,
    hints,
    async close() {
      await maintenance.stop();
      await hints.close();
      await pool.end();
      await embedded.close();
    },
  };
}

async function openServer(databaseUrl: string, logger: StoreLogger): Promise<Backend> {
  const config: pg.ClientConfig = {
    connectionString: databaseUrl,
    application_name: 'relumine',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    // A process that freezes in a transaction must not lock its rows forever.
    idle_in_transaction_session_timeout: 10_000,
  };
  const pool = openPool(config, logger);
  const hints = new ServerHints(pool, config, logger);
  try {
    await waitForServer(pool, logger);
    await hints.start();
  } catch (cause) {
    await pool.end();
    if (cause instanceof StoreUnavailable) throw cause;
    throw new StoreUnavailable(`Cannot use the database of DATABASE_URL: ${reasonOf(cause)}`, { cause });
  }
  return {
    kind: 'server',
    pool,
    hints,
    async close() {
      await hints.close();
      await pool.end();
    },
  };
}

function openPool(config: pg.ClientConfig, logger: StoreLogger): pg.Pool {
  const pool = new pg.Pool({ ...config, max: POOL_SIZE });
  // The pool drops the connection and opens another when needed. Without a listener the process would end.
  pool.on('error', (error) => logger.warn({ err: error }, 'lost a connection to the database'));
  // The same for a connection in use. Its query fails, so the error is not lost.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  return pool;
}

async function waitForServer(pool: pg.Pool, logger: StoreLogger): Promise<void> {
  const deadline = Date.now() + WAIT_FOR_SERVER_MS;
  for (let hasWarned = false; ; hasWarned = true) {
    try {
      const {
        rows: [row],
      } = await pool.query<{ version: number }>(`select current_setting('server_version_num')::int / 10000 as version`);
      if (row && row.version < OLDEST_SERVER)
        throw new StoreUnavailable(
          `The server of DATABASE_URL runs Postgres ${row.version}. Relumine needs ${OLDEST_SERVER} or newer.`,
        );
      return;
    } catch (error) {
      if (!isStarting(error) || Date.now() > deadline) throw error;
      if (!hasWarned) logger.warn({ reason: reasonOf(error) }, 'waiting for the database');
      await delay(RETRY_EVERY_MS);
    }
  }
}

/**
 * Not listening yet, host name not known yet (ENOTFOUND, EAI_AGAIN), or 57P03, "the database system is starting up".
 */
const isStarting = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', '57P03'].includes(sqlState(error) ?? '');

/** A failed connection to a name with several addresses is an AggregateError without a message. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error && error.message) || sqlState(error) || String(error);

async function assemble({ kind, pool, hints, close }: Backend, logger: StoreLogger): Promise<Store> {
  const applied = await migrate(pool, await readMigrations());
  if (applied.length > 0) logger.info({ migrations: applied }, 'applied database migrations');

  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const tell = (hint: Hint): void => {
    hints.publish(hint).catch((error: unknown) => logger.warn({ err: error, hint }, 'could not publish a hint'));
  };
  const database: Database = {
    kind,
    presence: hints.presence,
    pool,
    prisma,
    logger,
    folding: await chooseFolding(pool),
    tell,
  };
  const answers = new Answers(database);
  await answers.start(kind === 'embedded');

  let closing: Promise<void> | null = null;
  return {
    kind,
    presence: hints.presence,
    pool,
    runs: new Runs(database),
    log: new Log(database),
    metrics: new Metrics(database),
    snapshots: new Snapshots(database),
    checkpoints: new Checkpoints(database),
    verdicts: new Verdicts(database),
    trials: new TrialsTable(database),
    datasets: new Datasets(database),
    archives: new Archives(database),
    views: new Views(database),
    projects: new Projects(database),
    answers,
    audit: new Audit(database),
    webhooks: new WebhookTable(database),
    deliveries: new DeliveryTable(database),
    rates: new Rates(database),
    usage: new Usages(database),
    erasures: new Erasures(database),
    retention: new Retentions(database),
    people: new People(database),
    sessions: new Sessions(database),
    keys: new Keys(database),
    invitations: new Invitations(database),
    attempts: new Attempts(database),
    shareLinks: new ShareLinks(database),
    comments: new Comments(database),
    publish: (hint) => hints.publish(hint),
    subscribe: (listener) => hints.subscribe(listener),
    close() {
      closing ??= (async () => {
        answers.stop();
        await prisma.$disconnect();
        await close();
      })();
      return closing;
    },
  };
}
