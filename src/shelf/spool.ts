/**
 * Where the bytes of an upload wait on disk until they are read: one folder per upload, below one folder per process.
 * What a process leaves behind when it is killed is removed by the next one.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RelumineError } from '../errors.ts';
import { makeFolder } from '../store/make-folder.ts';
import type { DataFile } from '../schemas/index.ts';
import { isRunning } from '../store/embedded/process-state.ts';
import { outageBehind } from '../store/postgres/availability.ts';

export interface SpooledFile extends DataFile {
  bytes: number;
  sha256: string;
}

/** What stays free for the database and the log: an embedded database that cannot write its own log breaks. */
const RESERVED_BYTES = 96 * 1024 * 1024;
const LOOK_EVERY_BYTES = 8 * 1024 * 1024;
/** Another machine that shares the folder may still be writing to a folder that is younger. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

export class Spool {
  readonly #root: string;
  readonly #maxBytes: number;
  #own: Promise<string> | null = null;

  constructor(dataDir: string, maxBytes: number) {
    this.#root = join(dataDir, 'uploads');
    this.#maxBytes = maxBytes;
  }

  /** Removes what processes that are gone have left. */
  async sweep(): Promise<void> {
    const own = this.#own && (await this.#own);
    for (const name of await readdir(this.#root).catch(() => [])) {
      const folder = join(this.#root, name);
      if (folder !== own && (await isAbandoned(folder, name))) await rm(folder, { recursive: true, force: true });
    }
  }

  async open(): Promise<SpooledUpload> {
    this.#own ??= this.#makeOwn();
    return new SpooledUpload(await mkdtemp(join(await this.#own, 'upload-')), this.#maxBytes);
  }

  async close(): Promise<void> {
    if (this.#own) await rm(await this.#own, { recursive: true, force: true });
  }

  async #makeOwn(): Promise<string> {
    await makeFolder(this.#root);
    return mkdtemp(join(this.#root, `${hostname()}-${process.pid}-`));
  }
}

/** Throws STORAGE_FULL unless so many bytes can be written without filling the disk. */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes + RESERVED_BYTES) throw storageFull();
}

const storageFull = (cause?: unknown): RelumineError =>
  new RelumineError(
    'STORAGE_FULL',
    'The disk of the service is full, so nothing was stored. Free some space in DATA_DIR, or delete data sets and runs, and upload again.',
    { cause },
  );

/** A full disk, as the file system or the database tells it. */
export const asStorageFull = (error: unknown): RelumineError | null => {
  const code = (error as { code?: string } | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || outageBehind(error)?.kind === 'full' ? storageFull(error) : null;
};

export class SpooledUpload {
  readonly files: SpooledFile[] = [];
  /** What came with the files, such as the other fields of a form. */
  fields: Readonly<Record<string, string>> = {};
  /** Files that are unpacked may be put beside those that were sent. */
  readonly folder: string;
  readonly #maxBytes: number;
  #bytes = 0;
  #removing: Promise<void> | null = null;

  constructor(folder: string, maxBytes: number) {
    this.folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** `bytes` is how many there will be, where that is known. Throws BODY_TOO_LARGE or STORAGE_FULL. */
  async write(
    source: AsyncIterable<Uint8Array | string>,
    { name, mediaType }: { name: string; mediaType?: string | undefined },
    bytes = 0,
  ): Promise<void> {
    if (bytes > this.#maxBytes) throw this.#tooLarge();
    await checkSpace(this.folder, bytes);
    const path = join(this.folder, String(this.files.length));
    const hash = createHash('sha256');
    let size = 0;
    const meter = async function* (this: SpooledUpload, chunks: AsyncIterable<Uint8Array | string>) {
      let nextLook = LOOK_EVERY_BYTES;
      for await (const chunk of chunks) {
        const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        size += piece.length;
        this.#bytes += piece.length;
        if (this.#bytes > this.#maxBytes) throw this.#tooLarge();
        if (size >= nextLook) {
          nextLook = size + LOOK_EVERY_BYTES;
          await checkSpace(this.folder, 0);
        }
        hash.update(piece);
        yield piece;
      }
    };
    try {
      await pipeline(source, meter.bind(this), createWriteStream(path, { mode: 0o600 }));
    } catch (error) {
      throw asStorageFull(error) ?? error;
    }
    this.files.push({
      path,
      name,
      ...(mediaType !== undefined && { mediaType }),
      bytes: size,
      sha256: hash.digest('hex'),
    });
  }

  /** The same content is the same request, wherever it waits. */
  toJSON(): unknown {
    return { files: this.files.map(({ name, sha256 }) => ({ name, sha256 })), fields: this.fields };
  }

  async remove(): Promise<void> {
    this.#removing ??= rm(this.folder, { recursive: true, force: true });
    await this.#removing;
  }

  #tooLarge(): RelumineError {
    return new RelumineError(
      'BODY_TOO_LARGE',
      `The upload is larger than ${sizeOf(this.#maxBytes)}. Compress it with gzip, leave out columns, or raise DATASET_MAX_BYTES.`,
    );
  }
}

const sizeOf = (bytes: number): string =>
  bytes >= 1024 ** 3
    ? `${Math.round((10 * bytes) / 1024 ** 3) / 10} GiB`
    : bytes >= 1024 ** 2
      ? `${Math.round((10 * bytes) / 1024 ** 2) / 10} MiB`
      : `${bytes} bytes`;

/** A folder is named after its machine and process. The same process id again is a new process. */
async function isAbandoned(folder: string, name: string): Promise<boolean> {
  const [, machine, pid] = /^(.*)-(\d+)-[^-]+$/.exec(name) ?? [];
  if (machine === hostname()) return Number(pid) === process.pid || !(await isRunning(Number(pid)));
  const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > ABANDONED_AFTER_MS;
}
