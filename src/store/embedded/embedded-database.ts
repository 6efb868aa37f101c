/** The embedded database: PGlite in a thread of this process, in a directory that only one process may open. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { StoreLogger } from '../postgres/database.ts';
import { StoreUnavailable } from '../postgres/unavailable.ts';
import type { DatabaseThreadData, FromDatabaseThread, ToDatabaseThread } from './database-thread.ts';
import { makeFolder } from '../make-folder.ts';
import { lockData, type DataLock } from './data-lock.ts';
import { closeToOthers, createPrivateFiles, makePrivate } from './private-files.ts';
import { ThreadSocket } from './thread-socket.ts';

export class EmbeddedDatabase {
  readonly #directory: string;
  readonly #lock: DataLock;
  readonly #logger: StoreLogger;
  #thread: Promise<Worker> | null = null;
  #isClosing = false;

  private constructor(directory: string, lock: DataLock, logger: StoreLogger) {
    this.#directory = directory;
    this.#lock = lock;
    this.#logger = logger;
  }

  /** Creates the database if it does not exist. Throws StoreUnavailable if another process has it open. */
  static async open(dataDir: string, logger: StoreLogger): Promise<EmbeddedDatabase> {
    const home = resolve(dataDir);
    await makeFolder(home).catch((cause: unknown) => {
      throw new StoreUnavailable(`Cannot create the data directory ${home}: ${(cause as Error).message}`, { cause });
    });
    createPrivateFiles();
    await closeToOthers(home).catch((error: unknown) =>
      logger.warn({ err: error }, 'could not take the rights of others away from the data directory'),
    );
    const lock = await lockData(home);
    try {
      const directory = join(home, 'database');
      if (
        !(await access(directory).then(
          () => true,
          () => false,
        ))
      )
        await initialize(directory);
      await makePrivate(directory);
      const database = new EmbeddedDatabase(directory, lock, logger);
      await database.#runningThread();
      return database;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** A socket for `pg`. If the thread has died, it is restarted, and the database recovers as after a power failure. */
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
    const thread = await this.#thread?.catch(() => null);
    if (thread) {
      const exited = once(thread, 'exit');
      thread.postMessage({ type: 'close' } satisfies ToDatabaseThread);
      await exited;
    }
    await this.#lock.release();
  }

  #runningThread(): Promise<Worker> {
    if (this.#isClosing) throw new StoreUnavailable('The embedded database is closed.');
    this.#thread ??= startThread(this.#directory, (error) => this.#onExit(error));
    return this.#thread;
  }

  #onExit(error: Error | null): void {
    this.#thread = null;
    if (!this.#isClosing)
      this.#logger.error({ err: error }, 'the thread of the embedded database ended; it restarts on the next query');
  }
}

async function startThread(directory: string, onExit: (error: Error | null) => void): Promise<Worker> {
  const thread = new Worker(new URL('./database-thread.js', import.meta.url), {
    workerData: { directory } satisfies DatabaseThreadData,
    name: 'database',
  });
  let crash: Error | null = null;
  await new Promise<void>((resolve, reject) => {
    thread.once('message', (message: FromDatabaseThread) => {
      if (message.type === 'ready') resolve();
      else if (message.type === 'failed')
        reject(new StoreUnavailable(`Cannot open the embedded database in ${directory}: ${message.message}`));
    });
    // 'exit' follows. Without a listener, a crash of the thread would end the process.
    thread.on('error', (error) => {
      crash = error;
    });
    thread.once('exit', (code) => {
      onExit(crash);
      reject(
        new StoreUnavailable(
          `The embedded database in ${directory} ended during its start (${crash?.message ?? `code ${code}`}).`,
        ),
      );
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
