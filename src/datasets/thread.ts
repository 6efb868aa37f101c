/**
 * A thread that reads the files of one data set into row groups, and measures what recipes make of them. The host takes
 * one row group at a time, and hands them back one at a time, so neither holds more than a few.
 */
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { RelumineError, RunFailure, toAnswer } from '../errors.ts';
import type {
  MeasureOrder,
  ReadingOrder,
  ReadingReport,
  ReadingSink,
  ReadOrder,
  RowsOrder,
  Table,
} from '../schemas/index.ts';
import { FileDamage } from './files/damage.ts';
import { readFiles } from './files/read-files.ts';
import { RecipeMeasurement } from './preparation/measure-recipe.ts';
import { readRows } from './read-rows.ts';

if (parentPort === null) throw new Error('This file is the entry point of a worker thread.');
const port = parentPort;

/** Called with the host's next answer to what was reported. */
let proceed: ((order: ReadingOrder) => void) | null = null;

port.on('message', (order: ReadingOrder) => {
  if (order.type === 'read' || order.type === 'rows') void follow(read(order));
  else if (order.type === 'measure') void follow(measure(order));
  else proceed?.(order);
});

async function follow(work: Promise<ReadingReport>): Promise<void> {
  port.postMessage(await work.catch(explain));
}

async function read(order: ReadOrder | RowsOrder): Promise<ReadingReport> {
  const hash = createHash('sha256');
  const sink: ReadingSink = {
    onProgress: (done, total) => report({ type: 'progress', done, total }),
    onRowGroup: async (bytes, rows) => {
      hash.update(bytes);
      await exchange({ type: 'rowGroup', bytes, rows }, [bytes.buffer]);
    },
  };
  const table =
    order.type === 'rows'
      ? await readRows(order.rows, order.limits, sink)
      : await readFiles(order.files, order.options, sink, order.limits, order.workspace);
  return { type: 'read', table, hash: finish(hash, table) };
}

/** What a column is belongs to the content, what a profile says of it does not. */
function finish(hash: Hash, { columns, parts }: Table): string {
  const described = columns.map(({ name, type, width, shape, dictionary }) => [name, type, width, shape, dictionary]);
  return hash.update(JSON.stringify([described, parts])).digest('hex');
}

async function measure({ content }: MeasureOrder): Promise<ReadingReport> {
  const measurement = new RecipeMeasurement(content);
  for (;;) {
    const order = await exchange({ type: 'rowGroupWanted' });
    if (order.type !== 'rowGroup' || order.bytes === null) break;
    measurement.add(order.bytes);
  }
  return { type: 'measured', counts: measurement.finish() };
}

/** Reports, and waits for the host's answer. */
function exchange(message: ReadingReport, transferred: ArrayBuffer[] = []): Promise<ReadingOrder> {
  return new Promise((resolve) => {
    proceed = resolve;
    port.postMessage(message, transferred);
  });
}

function report(message: ReadingReport): void {
  port.postMessage(message);
}

function explain(fault: unknown): ReadingReport {
  if (fault instanceof FileDamage) {
    const details = fault.details.map(({ file = '', line, column, message }) => ({
      path: file,
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
      message,
    }));
    return { type: 'failed', code: 'INVALID_FILE', message: fault.message, details };
  }
  const error = fault instanceof RunFailure ? toAnswer(fault) : fault;
  if (error instanceof RelumineError)
    return { type: 'failed', code: error.code, message: error.message, details: error.details };
  const code = (error as { code?: string } | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return {
      type: 'failed',
      code: 'STORAGE_FULL',
      message: 'The disk of the service is full, so the files could not be unpacked. Nothing was kept.',
      details: [],
    };
  console.error('Reading files failed:', error);
  return {
    type: 'failed',
    code: 'INTERNAL_ERROR',
    message: error instanceof Error ? error.message : String(error),
    details: [],
  };
}
