/** The embedded database: PGlite in a thread of this process, in a directory that only one process may open. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { Availability } from '../postgres/availability.ts';
import type { StoreLogger } from '../postgres/database.ts';
import { StoreUnavailable } from '../postgres/unavailable.ts';
import type { DatabaseThreadData, FromDatabaseThread, ToDatabaseThread } from './database-thread.ts';
import { makeFolder } from '../make-folder.ts';
import { lockData, type DataLock } from './data-lock.ts';
import { DiskSpace, fullDisk } from './disk-space.ts';
import { closeToOthers, createPrivateFiles, makePrivate } from './private-files.ts';
import { ThreadSocket } from './thread-socket.ts';

export interface EmbeddedOptions {
  logger: StoreLogger;
  availability: Availability;
  /** It cannot be opened any more, or another process has taken the directory. */
  onFatal: (reason: string) => void;
}

/** Between two attempts to open it again. */
const RETRY_MS = 2000;
/** One that ends so soon after its start, twice in a row, has failed to start. */
const STEADY_MS = 5000;
/** In a row, with space on the disk: then no more is tried. */
const MOST_FAILURES = 3;

export class EmbeddedDatabase {
  readonly space: DiskSpace;
  readonly #home: string;
  readonly #lock: DataLock;
  readonly #options: EmbeddedOptions;
  #thread: Promise<Worker> | null = null;
  #startedAt = -Infinity;
  #failures = 0;
  #earlyEnds = 0;
  #retry: NodeJS.Timeout | null = null;
  #isClosing = false;

  private constructor(home: string, lock: DataLock, options: EmbeddedOptions) {
    this.#home = home;
    this.#lock = lock;
    this.#options = options;
    this.space = new DiskSpace(home, options.availability, options.logger);
  }

  /** Creates the database if it does not exist. Throws StoreUnavailable if another process has it open. */
  static async open(dataDir: string, options: EmbeddedOptions): Promise<EmbeddedDatabase> {
    const home = resolve(dataDir);
    await makeFolder(home).catch((cause: unknown) => {
      throw new StoreUnavailable(`Cannot create the data directory ${home}: ${(cause as Error).message}`, { cause });
    });
    createPrivateFiles();
    await closeToOthers(home).catch((error: unknown) =>
      options.logger.warn({ err: error }, 'could not take the rights of others away from the data directory'),
    );
    const lock = await lockData(home, { onLost: options.onFatal });
    const database = new EmbeddedDatabase(home, lock, options);
    try {
      await database.#openFirst();
      return database;
    } catch (error) {
      await database.space.close();
      await lock.release();
      throw error;
    }
  }

  /** A socket for `pg`. If the thread has died, it waits for the next one. */
  readonly socket = (): ThreadSocket =>
    new ThreadSocket(async (): Promise<MessagePort> => {
      const thread = await this.#runningThread();
      const { port1, port2 } = new MessageChannel();
      thread.postMessage({ type: 'connect', port: port2 } satisfies ToDatabaseThread, [port2]);
      return port1;
    });

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#retry) clearTimeout(this.#retry);
    const thread = await this.#thread?.catch(() => null);
    if (thread) {
      const exited = once(thread, 'exit');
      thread.postMessage({ type: 'close' } satisfies ToDatabaseThread);
      await exited;
    }
    await this.space.close();
    await this.#lock.release();
  }

  get #directory(): string {
    return join(this.#home, 'database');
  }

  async #openFirst(): Promise<void> {
    const isThere = await access(this.#directory).then(
      () => true,
      () => false,
    );
    if (!isThere) await initialize(this.#directory);
    await makePrivate(this.#directory);
    if (this.space.look() === 'full') await this.space.releaseReserve();
    this.#thread = this.#start();
    await this.#thread.catch((error: unknown) => {
      if (this.space.look() !== 'full') throw error;
      throw new StoreUnavailable(
        `${fullDisk(this.#home).reason} The database in ${this.#directory} cannot be opened before.`,
        {
          cause: error,
        },
      );
    });
    this.space.keepReserve();
  }

  #runningThread(): Promise<Worker> {
    if (this.#isClosing) throw new StoreUnavailable('The embedded database is closed.');
    return this.#thread ?? Promise.reject(new StoreUnavailable('The embedded database is not open.'));
  }

  async #start(): Promise<Worker> {
    this.#startedAt = performance.now();
    // Postgres refuses to start beside one that a kill has left empty. What keeps others away is the lock of this process.
    await rm(join(this.#directory, 'postmaster.pid'), { force: true });
    return startThread(this.#directory, (reason) => this.#ended(reason));
  }

  /** A thread has ended that had started. The next one recovers the database as after a power failure. */
  #ended(reason: string): void {
    this.#thread = null;
    if (this.#isClosing) return;
    this.#options.logger.error({ reason }, 'the embedded database ended; it is opened again');
    const isSteady = performance.now() - this.#startedAt >= STEADY_MS;
    this.#earlyEnds = isSteady ? 0 : this.#earlyEnds + 1;
    if (isSteady) this.#failures = 0;
    // Queries wait for the next one, unless it may well end like this one.
    if (this.#earlyEnds > 1) this.#failed(reason);
    else this.#reopen();
  }

  #reopen(): void {
    const { availability } = this.#options;
    const opening = this.#openAgain();
    this.#thread = opening;
    opening.then(
      () => {
        if (availability.outage?.kind !== 'away') return;
        availability.set(this.space.look() === 'full' ? fullDisk(this.#home) : null);
      },
      (error: Error) => {
        this.#thread = null;
        if (!this.#isClosing) this.#failed(error.message);
      },
    );
  }

  async #openAgain(): Promise<Worker> {
    // Recovery writes, too.
    if (this.space.look() === 'full') await this.space.releaseReserve();
    return this.#start();
  }

  /** Tries again later: without end if the disk is full, and otherwise a few times. */
  #failed(reason: string): void {
    const { availability, onFatal } = this.#options;
    const isFull = this.space.look() === 'full';
    if (!isFull) this.#failures += 1;
    if (this.#failures >= MOST_FAILURES) {
      onFatal(`The embedded database in ${this.#directory} cannot be opened any more: ${reason}`);
      return;
    }
    const because = isFull ? fullDisk(this.#home).reason : 'The embedded database has failed.';
    availability.set({ kind: 'away', reason: because, detail: reason });
    this.#retry = setTimeout(() => this.#reopen(), RETRY_MS);
  }
}

/** `onEnd`: it has ended after it had started. */
async function startThread(directory: string, onEnd: (reason: string) => void): Promise<Worker> {
  const thread = new Worker(new URL('./database-thread.js', import.meta.url), {
    workerData: { directory } satisfies DatabaseThreadData,
    name: 'database',
  });
  let reason: string | null = null;
  await new Promise<void>((resolve, reject) => {
    let hasStarted = false;
    thread.on('message', (message: FromDatabaseThread) => {
      if (message.type === 'ready') {
        hasStarted = true;
        resolve();
      } else if (message.type === 'failed') reason = message.message;
    });
    // 'exit' follows. Without a listener, a crash of the thread would end the process.
    thread.on('error', (error) => {
      reason ??= error instanceof Error ? error.message : String(error);
    });
    thread.once('exit', (code) => {
      const why = reason ?? `its thread ended with code ${code}`;
      if (hasStarted) onEnd(why);
      else reject(new StoreUnavailable(`Cannot open the embedded database in ${directory}: ${why}`));
    });
  });
  return thread;
}

/** Creates the database beside its place and then moves it there, so a killed process leaves no partial database. */
async function initialize(directory: string): Promise<void> {
  const draft = `${directory}.new`;
  await rm(draft, { recursive: true, force: true });
  const program = fileURLToPath(new URL('./initialize.js', import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [program, draft]);
  } catch (cause) {
    throw new StoreUnavailable(`Cannot create the embedded database in ${directory}: ${(cause as Error).message}`, {
      cause,
    });
  }
  await rename(draft, directory);
}
