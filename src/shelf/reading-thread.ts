/**
 * A thread that reads the files of one data set, and measures what recipes make of it. It is reached by its address
 * only, and ends with the data set: so does the memory that it took.
 */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { RelumineError } from '../errors.ts';
import { threadUrl } from '../queue/thread-url.ts';
import type { MeasureOrder, ReadingOrder, ReadingReport, ReadOrder, RowsOrder, Table } from '../schemas/index.ts';
import type { RecipeCounts } from '../vocabulary/index.ts';

export interface ReadingSink {
  /** The thread goes on when the promise is fulfilled. */
  onRowGroup: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  onProgress?: (done: number, total: number) => void;
}

const HEAP_MB = 1024;
/** Short-lived values fill this before they are collected: a small one costs little time and keeps the service small. */
const YOUNG_HEAP_MB = 4;

type Task = { report: (report: ReadingReport) => void; fail: (error: Error) => void };

export class ReadingThread {
  readonly #worker: Worker;
  readonly #stopFollowing: () => void;
  #task: Task | null = null;
  #failure: Error | null = null;

  /** Everything that it does is given up when the signal is aborted, with the signal's reason. */
  constructor(signal: AbortSignal, url = threadUrl('../datasets/thread', import.meta.url)) {
    this.#worker = new Worker(url, {
      name: 'reading',
      env: SHARE_ENV,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
    });
    this.#worker.on('message', (report: ReadingReport) => this.#task?.report(report));
    this.#worker.on('error', (error: unknown) => this.#fail(explainCrash(error)));
    this.#worker.on('exit', () => this.#fail(explainCrash(null)));
    const giveUp = (): void => this.#fail(signal.reason as Error);
    signal.addEventListener('abort', giveUp);
    this.#stopFollowing = () => signal.removeEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
  }

  /** Throws INVALID_FILE with every damage that was found. */
  read(order: ReadOrder | RowsOrder, { onRowGroup, onProgress }: ReadingSink): Promise<{ table: Table; hash: string }> {
    return this.#run(order, (report, resolve, fail) => {
      if (report.type === 'progress') onProgress?.(report.done, report.total);
      else if (report.type === 'rowGroup') onRowGroup(report.bytes).then(() => this.#order({ type: 'stored' }), fail);
      else if (report.type === 'read') resolve({ table: report.table, hash: report.hash });
    });
  }

  measure(content: MeasureOrder['content'], rowGroups: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<RecipeCounts> {
    const groups = rowGroups[Symbol.asyncIterator]();
    return this.#run({ type: 'measure', content }, (report, resolve, fail) => {
      if (report.type === 'measured') resolve(report.counts);
      else if (report.type === 'rowGroupWanted')
        groups.next().then(({ value, done }) => this.#order({ type: 'rowGroup', bytes: done ? null : value }), fail);
    });
  }

  async close(): Promise<void> {
    this.#stopFollowing();
    this.#task = null;
    await this.#worker.terminate();
  }

  #run<T>(
    order: ReadOrder | RowsOrder | MeasureOrder,
    take: (report: ReadingReport, resolve: (result: T) => void, fail: (error: Error) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      const fail = (error: Error): void => {
        this.#task = null;
        reject(error);
      };
      const finish = (result: T): void => {
        this.#task = null;
        resolve(result);
      };
      this.#task = {
        fail,
        report: (report) => {
          if (report.type === 'failed')
            fail(new RelumineError(report.code, report.message, { details: report.details }));
          else take(report, finish, fail);
        },
      };
      this.#order(order);
    });
  }

  #order(order: ReadingOrder): void {
    if (order.type === 'rowGroup' && order.bytes) this.#worker.postMessage(order, [order.bytes.buffer]);
    else if (order.type === 'rows') this.#worker.postMessage(order, [order.rows.values.buffer]);
    else this.#worker.postMessage(order);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#task?.fail(error);
  }
}

function explainCrash(error: unknown): RelumineError {
  const isMemory = (error as { code?: string } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isMemory
    ? new RelumineError(
        'INVALID_FILE',
        `The files need more than ${HEAP_MB} MB of memory to be read. Split long texts or wide rows into smaller ones.`,
        { cause: error },
      )
    : new RelumineError(
        'INTERNAL_ERROR',
        'The thread that reads files ended. The log of the service has the details.',
        {
          cause: error,
        },
      );
}
