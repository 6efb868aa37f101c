/** Opens the store: the embedded database of a data directory, or a Postgres server that several processes share. */
import { setTimeout as delay } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { Answers } from './answers.ts';
import { Archives } from './archives.ts';
import { Blobs } from './blobs.ts';
import { Checkpoints } from './log/checkpoints.ts';
import { Availability, outageBehind } from './postgres/availability.ts';
import { DatabasePool } from './postgres/pool.ts';
import type { Database, StoreLogger } from './postgres/database.ts';
import { sqlState } from './postgres/sql-state.ts';
import { Datasets } from './datasets/datasets.ts';
import { Audit } from './people/audit.ts';
import { Comments } from './people/comments.ts';
import { ShareLinks } from './people/share-links.ts';
import { fullDisk } from './embedded/disk-space.ts';
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
import { prepareLabels } from './runs/run-labels.ts';
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
  /** The database cannot be used any more, and only another process may be able to. `reason`: one sentence. */
  onFatal?: OnFatal;
}
type OnFatal = (reason: string) => void;

const OLDEST_SERVER = 15;
/** How long to wait for a server that is starting at the same time. */
const WAIT_FOR_SERVER_MS = 15_000;
const RETRY_EVERY_MS = 250;

const silent: StoreLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Backend extends Pick<Store, 'kind' | 'availability' | 'space'> {
  pool: pg.Pool;
  hints: HintBus;
  close: () => Promise<void>;
}

/** Throws StoreUnavailable, with one line for the operator, if the database cannot be used. */
export async function openStore({
  databaseUrl,
  dataDir,
  logger = silent,
  onFatal = () => undefined,
}: StoreOptions): Promise<Store> {
  const backend =
    databaseUrl === null ? await openEmbedded(dataDir, logger, onFatal) : await openServer(databaseUrl, logger);
  try {
    return await assemble(backend, logger);
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function openEmbedded(dataDir: string, logger: StoreLogger, onFatal: OnFatal): Promise<Backend> {
  const full = fullDisk(dataDir);
  const availability = new Availability(logger, {
    away: { kind: 'away', reason: 'The embedded database has failed, and is opened again.' },
    // It is read only while its disk is full, and only then.
    readOnly: full,
    full,
  });
  const embedded = await EmbeddedDatabase.open(dataDir, { logger, availability, onFatal });
  const pool = new DatabasePool({ stream: embedded.socket, user: 'postgres', database: 'postgres' }, availability);
  const hints = new LocalHints(logger);
  // Whoever waited for it looks again.
  availability.onChange((outage) => outage ?? void hints.publish({ type: 'missed' }));
  const maintenance = new Maintenance(pool, logger);
  maintenance.start();
  return {
    kind: 'embedded',
    pool,
    hints,
    availability,
    space: embedded.space,
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
  const availability = new Availability(logger);
  const pool = new DatabasePool(config, availability);
  const hints = new ServerHints(pool, config, availability, logger);
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
    availability,
    space: null,
    async close() {
      await hints.close();
      await pool.end();
    },
  };
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
 * Not listening yet, host name not known yet (ENOTFOUND, EAI_AGAIN), 57P03, "the database system is starting up", or
 * 53300, "too many clients already".
 */
const isStarting = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', '57P03', '53300'].includes(
    sqlState(rawOf(error)) ?? '',
  );

const rawOf = (error: unknown): unknown => outageBehind(error)?.cause ?? error;

/** A failed connection to a name with several addresses is an AggregateError without a message. */
const reasonOf = (error: unknown): string => {
  const raw = rawOf(error);
  return (raw instanceof Error && raw.message) || sqlState(raw) || String(raw);
};

async function assemble(
  { kind, pool, hints, availability, space, close }: Backend,
  logger: StoreLogger,
): Promise<Store> {
  const applied = await migrate(pool, await readMigrations());
  if (applied.length > 0) logger.info({ migrations: applied }, 'applied database migrations');

  const folding = await chooseFolding(pool);
  await prepareLabels(pool, folding, logger);

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
    folding,
    tell,
  };
  const answers = new Answers(database);
  await answers.start(kind === 'embedded');
  const blobs = new Blobs(database);
  await blobs.start(kind === 'embedded');

  let closing: Promise<void> | null = null;
  return {
    kind,
    presence: hints.presence,
    pool,
    runs: new Runs(database, blobs),
    log: new Log(database),
    metrics: new Metrics(database),
    snapshots: new Snapshots(database),
    checkpoints: new Checkpoints(database),
    verdicts: new Verdicts(database),
    trials: new TrialsTable(database),
    datasets: new Datasets(database),
    blobs,
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
    availability,
    space,
    publish: (hint) => hints.publish(hint),
    subscribe: (listener) => hints.subscribe(listener),
    close() {
      closing ??= (async () => {
        answers.stop();
        blobs.stop();
        await prisma.$disconnect();
        await close();
      })();
      return closing;
    },
  };
}
