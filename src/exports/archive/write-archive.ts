/**
 * A whole experiment as one file: a gzipped tar of `archive.json` (what is in it), pages of rows, and `end.json` with the
 * SHA-256 of everything before it.
 */
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ArchiveStore, ArchiveTable } from '../../store/store.ts';
import type { ArchiveHead } from '../../vocabulary/index.ts';
import type { ExportFile } from '../table.ts';
import { encodeRow } from './rows.ts';

/** Rows of a page; one row may be longer. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Data sets and blobs come before the runs that name them. The rows of a run come after the run itself. */
const DATASET_TABLES: ArchiveTable[] = ['datasets', 'dataset_versions', 'dataset_parts'];
const BLOB_TABLES: ArchiveTable[] = ['blobs', 'blob_parts'];
const RUN_TABLES: ArchiveTable[] = ['runs', 'run_parts', 'run_messages', 'checkpoints', 'verdicts', 'verdict_parts'];

export const archiveOf = (archives: ArchiveStore, head: ArchiveHead): ExportFile => ({
  mediaType: 'application/gzip',
  name: `${head.experiment.replace(/[^\w.-]+/g, '-') || 'experiment'}.tar.gz`,
  bytes: write(archives, head),
});

async function* write(archives: ArchiveStore, head: ArchiveHead): AsyncGenerator<Uint8Array> {
  const tar = pack();
  const output = new PassThrough();
  // Whatever fails, fails the output too, which is what is read.
  const piping = pipeline(tar, createGzip(), output);
  piping.catch(() => undefined);
  const filling = fill(tar, archives, head).catch((error: unknown) => tar.destroy(error as Error));
  try {
    yield* output as AsyncIterable<Uint8Array>;
    await piping;
  } finally {
    tar.destroy();
    await filling;
  }
}

async function fill(tar: ReturnType<typeof pack>, archives: ArchiveStore, head: ArchiveHead): Promise<void> {
  const hash = createHash('sha256');
  const add = (name: string, data: Buffer): Promise<void> => {
    return new Promise((resolve, reject) => {
      tar.once('close', () => reject(new Error('The archive is not read any more.')));
      tar.entry({ name, size: data.length }, data, (error) => {
        tar.removeAllListeners('close');
        if (error) reject(error);
        else resolve();
      });
    });
  };
  const addRows = async (folder: string, table: ArchiveTable, owner: string): Promise<void> => {
    let page: Buffer[] = [];
    let bytes = 0;
    let number = 0;
    const flush = async () => {
      if (page.length === 0) return;
      const data = Buffer.concat(page);
      hash.update(data);
      await add(`${folder}/${table}/${number}`, data);
      [page, bytes, number] = [[], 0, number + 1];
    };
    for await (const row of archives.rows(table, owner)) {
      const encoded = encodeRow(row);
      page.push(encoded);
      bytes += encoded.length;
      if (bytes >= PAGE_BYTES) await flush();
    }
    await flush();
  };
  const first = Buffer.from(`${JSON.stringify(head)}\n`);
  hash.update(first);
  await add('archive.json', first);
  for (const id of head.datasets) for (const table of DATASET_TABLES) await addRows(`datasets/${id}`, table, id);
  // Hashes are no names of folders.
  for (const [index, hash] of (head.blobs ?? []).entries())
    for (const table of BLOB_TABLES) await addRows(`blobs/${index}`, table, hash);
  for (const id of head.runs) for (const table of RUN_TABLES) await addRows(`runs/${id}`, table, id);
  for (const id of head.trials) await addRows(`trials/${id}`, 'trials', id);
  await add('end.json', Buffer.from(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`));
  tar.finalize();
}
