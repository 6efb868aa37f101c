/**
 * The thread of the embedded database: one PGlite session, shared by all connections of the process. A connection is a
 * MessagePort that carries the Postgres wire protocol. Batches run one at a time in order of arrival. A connection in a
 * transaction keeps the session until the transaction ends.
 */
import fs from 'node:fs';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm as trigrams } from '@electric-sql/pglite/contrib/pg_trgm';
import { withoutOthers } from './private-files.ts';
import { BatchReader, PARSE_COMPLETE, preparedIn, queryMessage } from './protocol.ts';
import { START_PARAMETERS } from './settings.ts';
import { SpaceMeter } from './space-meter.ts';

export interface DatabaseThreadData {
  directory: string;
}
export type ToDatabaseThread = { type: 'connect'; port: MessagePort } | { type: 'close' };
/** failed: it could not be opened, or it has broken; the thread ends. */
export type FromDatabaseThread = { type: 'ready' } | { type: 'closed' } | { type: 'failed'; message: string };

/**
 * A single session has no checkpointer. Without this, the write-ahead log would keep growing, and so would recovery
 * after a crash.
 */
const CHECKPOINT_AFTER_BYTES = 32 * 1024 * 1024;
/**
 * Prepared statements keep their plans, and nobody looks at once how tables have grown: a plan for a few rows would go on to
 * read all of many. Plans are made anew after twice as many batches, and at the latest after so many.
 */
const REPLAN_AFTER = 64;
const REPLAN_EVERY = 4096;
const FLUSH_AT_BYTES = 256 * 1024;
/** How PGlite says that Postgres has jumped to where it handles the failure of a query. */
const LONG_JUMP = 100;
/** How long, and up to how many bytes, it is not looked at the space of the disk. */
const LOOK_EVERY_MS = 200;
const LOOK_AT_BYTES = 256 * 1024;

interface Connection {
  port: MessagePort;
  reader: BatchReader;
  isOpen: boolean;
}
interface Job {
  connection: Connection;
  bytes: Uint8Array;
}

if (!parentPort) throw new Error('This file is the entry point of a worker thread.');
const host = parentPort;
const { directory } = workerData as DatabaseThreadData;
const queue: Job[] = [];
let owner: Connection | null = null;
let isBusy = false;
let bytesSinceCheckpoint = 0;
let batches = 0;
let replanAt = REPLAN_AFTER;
let onIdle: (() => void) | null = null;
/** Names of the session's prepared statements. Connections name a statement after its text, so they share it. */
const prepared = new Set<string>();
const space = new SpaceMeter(directory);
let lookedAt = -Infinity;
let isReadOnly = false;

// The file system of PGlite sets the mode of each new file again, without any mask.
const { chmodSync } = fs;
Object.assign(fs, { chmodSync: (path: string, mode: number) => chmodSync(path, withoutOthers(mode)) });

const lastWords: string[] = [];
const hear = (line: string): boolean => {
  lastWords.push(line);
  if (lastWords.length > 5) lastWords.shift();
  return false;
};

const database = new PGlite({
  dataDir: directory,
  startParams: START_PARAMETERS,
  // The name of the option is the name of the extension.
  extensions: { pg_trgm: trigrams },
  onStderr: hear,
  onStdout: hear,
});
try {
  await database.waitReady;
} catch (error) {
  fail(error);
}
endWhenBroken();
host.on('message', (order: ToDatabaseThread) => {
  if (order.type === 'connect') connect(order.port);
  else void close();
});
say({ type: 'ready' });

function connect(port: MessagePort): void {
  const connection: Connection = { port, reader: new BatchReader(), isOpen: true };
  port.on('message', (chunk: Uint8Array) => {
    for (const batch of connection.reader.push(chunk)) {
      if (batch.kind === 'terminate') port.close();
      else queue.push({ connection, bytes: batch.bytes });
    }
    void runQueue();
  });
  port.on('close', () => {
    connection.isOpen = false;
    // A client that disconnected during a transaction must not keep the session.
    if (owner === connection) queue.push({ connection, bytes: queryMessage('ROLLBACK') });
    void runQueue();
  });
}

async function runQueue(): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  try {
    for (let job = nextJob(); job; job = nextJob()) {
      if (!owner) await heedSpace(job.bytes.length);
      await run(job);
      owner = database.isInTransaction() ? job.connection : null;
      if (owner && !owner.isOpen) queue.unshift({ connection: owner, bytes: queryMessage('ROLLBACK') });
      bytesSinceCheckpoint += job.bytes.length;
      if (!owner && bytesSinceCheckpoint > CHECKPOINT_AFTER_BYTES) {
        bytesSinceCheckpoint = 0;
        await execute('CHECKPOINT');
      }
      batches += 1;
      if (!owner && batches >= replanAt) {
        replanAt = batches + Math.min(batches, REPLAN_EVERY);
        await execute('DISCARD PLANS');
      }
    }
  } finally {
    isBusy = false;
  }
  onIdle?.();
}

/** Without space for changes, transactions are read only unless they say otherwise; those that have begun end first. */
async function heedSpace(bytes: number): Promise<void> {
  if (performance.now() < lookedAt + LOOK_EVERY_MS && bytes < LOOK_AT_BYTES) return;
  const isFull = space.look() === 'full';
  lookedAt = performance.now();
  if (isFull === isReadOnly) return;
  await execute(`SET default_transaction_read_only = ${isFull ? 'on' : 'off'}`);
  isReadOnly = isFull;
}

async function execute(sql: string): Promise<void> {
  await database.execProtocolRawStream(queryMessage(sql), { syncToFs: false, onRawData: () => undefined });
}

/**
 * PGlite takes every exception of the main loop for a failed query, and answers that it is ready for the next one. But
 * only a long jump is the failure of a query. After anything else, such as the PANIC of a database that cannot write its
 * write-ahead log, the instance is broken, and would give empty answers or none. The files are as after a power failure, and the next instance recovers them.
 */
function endWhenBroken(): void {
  const { Module: module } = database;
  const runMainLoop = module._PostgresMainLoopOnce;
  module._PostgresMainLoopOnce = () => {
    try {
      runMainLoop();
    } catch (error) {
      if ((error as { status?: number }).status !== LONG_JUMP) fail(error);
      throw error;
    }
  };
}

function nextJob(): Job | undefined {
  if (!owner) return queue.shift();
  const index = queue.findIndex((job) => job.connection === owner);
  return index === -1 ? undefined : queue.splice(index, 1)[0];
}

/** Sends the response in messages of limited size: one for a short response, several for a long one. */
async function run({ connection, bytes }: Job): Promise<void> {
  let answer: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const flush = (): void => {
    if (length > 0 && connection.isOpen) {
      const message = join(answer, length);
      connection.port.postMessage(message, [message.buffer]);
    }
    answer = [];
    length = 0;
  };
  const statement = preparedIn(bytes);
  const isKnown = statement !== null && prepared.has(statement.name);
  // The session knows it from another connection, and would take it for a second one of this name.
  if (isKnown) {
    answer.push(PARSE_COMPLETE.slice());
    length += PARSE_COMPLETE.length;
  }
  await database.execProtocolRawStream(isKnown ? bytes.subarray(statement.end) : bytes, {
    syncToFs: false,
    // The bytes are a view of the database's memory, valid only during this call.
    onRawData: (part) => {
      if (statement && part[0] === PARSE_COMPLETE[0]) prepared.add(statement.name);
      answer.push(part.slice());
      length += part.length;
      if (length >= FLUSH_AT_BYTES) flush();
    },
  });
  flush();
}

function join(parts: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

async function close(): Promise<void> {
  if (isBusy)
    await new Promise<void>((resolve) => {
      onIdle = resolve;
    });
  isBusy = true;
  await database.close();
  say({ type: 'closed' });
  process.exit(0);
}

function fail(error: unknown): never {
  say({ type: 'failed', message: [String(error), ...lastWords].join('; ') });
  process.exit(1);
}

function say(message: FromDatabaseThread): void {
  host.postMessage(message);
}
