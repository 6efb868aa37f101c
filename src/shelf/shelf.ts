/** Puts uploaded files on the shelf: reads them in a thread, stores them, and keeps a recipe for each data set. */
import { createHash } from 'node:crypto';
import { RelumineError } from '../errors.ts';
import {
  nameFirst,
  readRecipePatch,
  readWishes,
  findWarnings,
  type PackedUpload,
  type RecipeWishes,
} from '../jobs/index.ts';
import type { DataFile, ReadingLimits, ReadingOptions, ReadOrder, RowsOrder, Table } from '../schemas/index.ts';
import type { DatasetContent, DatasetVersion, Origin, Sight, Store } from '../store/store.ts';
import type { DatasetInfo, DatasetPreview, Recipe } from '../vocabulary/index.ts';
import { DataFolders, withKnownClasses, type FoundFiles } from './data-folders.ts';
import { packageReason } from './packages.ts';
import { describePreview } from './preview.ts';
import { ReadingThread } from './reading-thread.ts';
import { asStorageFull, checkSpace, Spool } from './spool.ts';
import { Turns } from '../turns.ts';

export interface ShelfOptions {
  store: Pick<Store, 'kind' | 'datasets'>;
  log: { warn(object: object, sentence: string): void; info(object: object, sentence: string): void };
  dataDir: string;
  limits: ReadingLimits;
  /** Where data sets are as files. */
  folders: readonly string[];
}

export interface NewDataset {
  name: string | null;
  origin?: Origin | undefined;
  upload: { files: readonly DataFile[]; folder: string };
  /** The state of the files of this machine that it is read from. */
  source?: string | undefined;
  reading?: ReadingOptions;
  wishes?: RecipeWishes;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/** Readings at once. Each is a thread; more would take the cores from training. */
const MOST_READINGS = 2;
/** No project's own: data sets that were read from folders are in everybody's sight. */
const OF_FOLDERS: Sight = [];
const TOUCH_EVERY_MS = 5_000;
/** A process that has not touched a data set for so long is gone. */
const ABANDONED_AFTER_MS = 60_000;

export class Shelf {
  readonly packageReason = packageReason;
  readonly spool: Spool;
  readonly #folders: DataFolders;
  /** Data sets of the folders that are being read, by name: several requests wait for one reading. */
  readonly #taking = new Map<string, Promise<DatasetInfo>>();
  readonly #options: ShelfOptions;
  readonly #turns = new Turns(MOST_READINGS);
  /** Data sets that are being read by this process. */
  readonly #begun = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #working = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ShelfOptions) {
    this.#options = options;
    this.#folders = new DataFolders(options.folders);
    this.spool = new Spool(options.dataDir, options.limits.bytes);
  }

  /** Removes what was left by processes that were killed, now and from time to time. */
  async start(): Promise<void> {
    const { store } = this.#options;
    await this.spool.sweep();
    // Only one process uses an embedded database.
    await this.#sweep(store.kind === 'embedded' ? 0 : ABANDONED_AFTER_MS);
    let ticks = 0;
    this.#timer = setInterval(() => {
      ticks += 1;
      void this.#touch();
      if (store.kind === 'server' && (ticks * TOUCH_EVERY_MS) % ABANDONED_AFTER_MS === 0)
        void this.#sweep(ABANDONED_AFTER_MS);
    }, TOUCH_EVERY_MS);
    this.#timer.unref();
  }

  /** Readings are given up, and leave nothing. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#stopping.abort(new RelumineError('SHUTTING_DOWN', 'The service is stopping. Upload again in a moment.'));
    await Promise.allSettled(this.#working);
    await this.spool.close();
  }

  /**
   * Reads the files and stores what they hold. Throws INVALID_FILE with every damage, INVALID_REQUEST where the wishes do
   * not fit, STORAGE_FULL; then nothing is left of the data set.
   */
  add({ name, source, origin, upload, reading = {}, wishes = {}, signal }: NewDataset): Promise<DatasetInfo> {
    const files = upload.files.map(({ path, name: fileName, mediaType }) => ({
      path,
      name: fileName,
      ...(mediaType !== undefined && { mediaType }),
    }));
    const { limits } = this.#options;
    return this.#read(
      { name, source, origin },
      { type: 'read', files, options: reading, limits, workspace: upload.folder },
      wishes,
      signal,
    );
  }

  /** The names of the data sets that are there as files, whether they have been read or not. */
  async namesInFolders(): Promise<string[]> {
    return (await this.#folders.list()).map(({ name }) => name);
  }

  /**
   * The newest data set of a name among those in sight, of the project `first` if that has one. One of the folders is read if nobody has named it before, and read again, as another
   * data set, if its files have changed since. An upload of that name comes first. Null if there is none. A reading goes on
   * if the client leaves.
   */
  async take(name: string, sight: Sight = null, first: string | null = null): Promise<DatasetInfo | null> {
    const found = await this.#folders.find(name);
    if (found === null) return this.#options.store.datasets.named(name, sight, first);
    const known = await this.#current(found, sight, first);
    if (known !== null) return known;
    let taking = this.#taking.get(name);
    if (taking === undefined) {
      taking = this.#takeFiles(found).finally(() => this.#taking.delete(name));
      this.#taking.set(name, taking);
    }
    return taking;
  }

  /** The newest data set of the name, unless it was read from files that have changed since. */
  async #current({ name, source }: FoundFiles, sight: Sight, first: string | null = null): Promise<DatasetInfo | null> {
    const { datasets } = this.#options.store;
    const known = await datasets.named(name, sight, first);
    if (known?.id === undefined) return null;
    const read = await datasets.source(known.id);
    return read === null || read === source ? known : null;
  }

  async #takeFiles(found: FoundFiles): Promise<DatasetInfo> {
    const { name, files, source } = found;
    // Another process, or a request before, may have been faster.
    const known = await this.#current(found, OF_FOLDERS);
    if (known !== null) return known;
    const workspace = await this.spool.open();
    try {
      const upload = { files: await withKnownClasses(name, files, workspace.folder), folder: workspace.folder };
      return await this.add({ name, upload, source, signal: this.#stopping.signal });
    } finally {
      await workspace.remove();
    }
  }

  /** Rows that came as JSON. Their columns are `x1` and so on, and `y`, unless they have names. */
  addRows({ name, rows, wishes }: PackedUpload, signal: AbortSignal, origin?: Origin): Promise<DatasetInfo> {
    return this.#read({ name, origin }, { type: 'rows', rows, limits: this.#options.limits }, wishes, signal);
  }

  async preview(info: DatasetInfo, rows: number): Promise<DatasetPreview> {
    const { content, version } = await this.#contentOf(info);
    return describePreview(info, content.table, version.counts, rows);
  }

  /**
   * Changes the name and the recipe of the newest version: in place, or as a new version if runs name it. Throws
   * INVALID_REQUEST with every problem.
   */
  change(info: DatasetInfo, body: unknown, signal: AbortSignal): Promise<DatasetInfo> {
    return this.#work(async (both) => {
      const { content, version: current } = await this.#contentOf(info);
      const read = readRecipePatch(body, content.table, current.recipe);
      if ('details' in read)
        throw new RelumineError('INVALID_REQUEST', `The change is not valid: ${nameFirst(read.details)}`, {
          details: read.details,
        });
      const isSame = hashOf(content, read.recipe) === current.hash;
      const version = isSame ? undefined : await this.#measure(info.id ?? '', content, read.recipe, both);
      const { datasets } = this.#options.store;
      const changed = await datasets.change(info.id ?? '', info.version ?? 1, { name: read.name, version });
      if (changed) return changed;
      throw new RelumineError(
        'WRONG_STATE',
        'Someone else has changed or deleted this data set in the meantime. Look at it again, then repeat the change.',
      );
    }, signal);
  }

  async #contentOf(info: DatasetInfo): Promise<{ content: DatasetContent; version: DatasetVersion }> {
    const { datasets } = this.#options.store;
    const [content, version] = await Promise.all([
      datasets.content(info.id ?? ''),
      datasets.version(info.id ?? '', info.version ?? 1),
    ]);
    if (content && version) return { content, version };
    throw new RelumineError(
      'WRONG_STATE',
      'This data set was uploaded to an earlier release, which did not keep columns. Jobs can train on it; upload it again to look at its columns or to change them.',
    );
  }

  #read(
    head: Pick<NewDataset, 'name' | 'source' | 'origin'>,
    order: ReadOrder | RowsOrder,
    wishes: RecipeWishes,
    client: AbortSignal,
  ): Promise<DatasetInfo> {
    return this.#work(async (signal) => {
      await this.#turns.take(signal);
      try {
        return await this.#store(head, order, wishes, signal);
      } finally {
        this.#turns.pass();
      }
    }, client);
  }

  async #store(
    { name, source, origin }: Pick<NewDataset, 'name' | 'source' | 'origin'>,
    order: ReadOrder | RowsOrder,
    wishes: RecipeWishes,
    signal: AbortSignal,
  ): Promise<DatasetInfo> {
    const { store, dataDir, log } = this.#options;
    const id = await store.datasets.begin(name, source, origin);
    this.#begun.add(id);
    const thread = new ReadingThread(signal);
    let isKept = false;
    try {
      let part = 0;
      const content = await thread.read(order, {
        onRowGroup: async (bytes) => {
          await checkSpace(dataDir, bytes.length);
          await store.datasets.addRowGroup(id, part, bytes);
          part += 1;
        },
      });
      const recipe = recipeFor(content.table, wishes);
      const version = await measure(thread, content, recipe, store.datasets.rowGroups(id));
      signal.throwIfAborted();
      const info = await store.datasets.finish(id, content, version, origin?.answer);
      if (!info)
        throw new RelumineError(
          'WRONG_STATE',
          'The data set was removed while its files were read, because this process did not respond for a minute. Upload it again.',
        );
      isKept = true;
      log.info({ dataset: id, rows: content.table.rows, parts: part }, 'data set stored');
      return info;
    } catch (error) {
      throw asStorageFull(error) ?? error;
    } finally {
      this.#begun.delete(id);
      await thread.close();
      if (!isKept)
        await store.datasets
          .delete(id)
          .catch((error: unknown) =>
            log.warn({ err: error, dataset: id }, 'could not remove a data set that was not finished'),
          );
    }
  }

  async #measure(id: string, content: DatasetContent, recipe: Recipe, signal: AbortSignal): Promise<DatasetVersion> {
    await this.#turns.take(signal);
    const thread = new ReadingThread(signal);
    try {
      return await measure(thread, content, recipe, this.#options.store.datasets.rowGroups(id));
    } finally {
      await thread.close();
      this.#turns.pass();
    }
  }

  /** `work` is given up with the client or with the service. */
  async #work<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const working = work(AbortSignal.any([signal, this.#stopping.signal]));
    this.#working.add(working);
    try {
      return await working;
    } finally {
      this.#working.delete(working);
    }
  }

  async #touch(): Promise<void> {
    if (this.#begun.size === 0) return;
    await this.#options.store.datasets
      .touch([...this.#begun])
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'could not touch a data set that is being read'),
      );
  }

  async #sweep(silentMs: number): Promise<void> {
    const { store, log } = this.#options;
    try {
      const count = await store.datasets.sweep(silentMs);
      if (count > 0) log.info({ count }, 'removed data sets whose upload was interrupted');
    } catch (error) {
      log.warn({ err: error }, 'could not look for data sets whose upload was interrupted');
    }
  }
}

function recipeFor(table: Table, wishes: RecipeWishes): Recipe {
  const read = readWishes(table, wishes);
  if ('recipe' in read) return read.recipe;
  throw new RelumineError('INVALID_REQUEST', `The data set is not valid: ${nameFirst(read.details)}`, {
    details: read.details,
  });
}

async function measure(
  thread: ReadingThread,
  content: DatasetContent,
  recipe: Recipe,
  rowGroups: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<DatasetVersion> {
  const counts = await thread.measure({ table: content.table, recipe }, rowGroups);
  return { hash: hashOf(content, recipe), recipe, counts, warnings: findWarnings(content.table, recipe, counts) };
}

const hashOf = ({ hash }: DatasetContent, recipe: Recipe): string =>
  `sha256:${createHash('sha256').update(`${hash}\n`).update(JSON.stringify(recipe)).digest('hex')}`;
