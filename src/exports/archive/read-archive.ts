/** An archive, checked from its beginning to its end before a row of it is stored. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { RelumineError } from '../../errors.ts';
import { ArchiveDamage, type ArchiveRow, type ArchiveStore, type ImportTarget } from '../../store/store.ts';
import { ARCHIVE_VERSION, type ArchiveHead, type ImportAnswer } from '../../vocabulary/index.ts';
import { decodeRows, parse } from './rows.ts';

/** A page of rows is much smaller, and a single row at most a few MiB. */
const LARGEST_ENTRY = 256 * 1024 * 1024;

/** Names are not used as paths, but others than these were not written by an export. */
const NAME = /^(?:archive\.json|end\.json|(?:datasets|blobs|runs|trials)\/\w+\/\w+\/\d+)$/;

/** Throws INVALID_FILE; nothing is stored then. */
export async function importArchive(archives: ArchiveStore, path: string, into: ImportTarget): Promise<ImportAnswer> {
  try {
    const head = await check(path);
    return await archives.add(head, rowsOf(path), into);
  } catch (error) {
    if (!(error instanceof ArchiveDamage)) throw error;
    throw new RelumineError('INVALID_FILE', `The archive cannot be read: ${error.message}. Nothing was imported.`, {
      details: [{ path: '', message: error.message, expected: 'a whole file of GET /v1/experiments/{name}/archive' }],
      cause: error,
    });
  }
}

async function check(path: string): Promise<ArchiveHead> {
  const hash = createHash('sha256');
  let head: ArchiveHead | null = null;
  let sum: unknown;
  for await (const { name, data } of entriesOf(path)) {
    if (sum !== undefined) throw new ArchiveDamage('it goes on behind its end');
    if (!head) head = readHead(name, data);
    else if (name === 'end.json') {
      sum = parse(data)['sha256'];
      continue;
    } else for (const _row of decodeRows(data));
    hash.update(data);
  }
  if (!head) throw new ArchiveDamage('it is empty');
  if (sum === undefined) throw new ArchiveDamage('its end is missing');
  if (sum !== hash.digest('hex')) throw new ArchiveDamage('its content does not fit to its checksum');
  return head;
}

function readHead(name: string, data: Buffer): ArchiveHead {
  const head = name === 'archive.json' ? parse(data) : {};
  const { object, version, experiment } = head;
  if (object !== 'relumine.archive' || typeof version !== 'number' || typeof experiment !== 'string')
    throw new ArchiveDamage('it is not an archive of an experiment');
  if (version > ARCHIVE_VERSION)
    throw new ArchiveDamage(`it has version ${version}, and this service reads up to ${ARCHIVE_VERSION}`);
  const ids = (key: string): string[] => {
    const list = head[key];
    if (!Array.isArray(list) || !list.every((id) => typeof id === 'string') || new Set(list).size < list.length)
      throw new ArchiveDamage(`its list of ${key} is not one`);
    return list;
  };
  return {
    ...(head as unknown as ArchiveHead),
    runs: ids('runs'),
    trials: ids('trials'),
    datasets: ids('datasets'),
    blobs: head['blobs'] === undefined ? [] : ids('blobs'),
  };
}

async function* rowsOf(path: string): AsyncGenerator<ArchiveRow> {
  for await (const { name, data } of entriesOf(path)) if (!name.endsWith('.json')) yield* decodeRows(data);
}

async function* entriesOf(path: string): AsyncGenerator<{ name: string; data: Buffer }> {
  const tar = extract();
  // An error of any part destroys the others with it.
  pipeline(createReadStream(path), createGunzip(), tar, () => undefined);
  try {
    for await (const entry of tar) {
      const { name, size, type } = entry.header;
      if (type !== 'file' || !NAME.test(name))
        throw new ArchiveDamage(`its part ${JSON.stringify(name.slice(0, 100))} does not belong into an archive`);
      if (size > LARGEST_ENTRY) throw new ArchiveDamage(`its part ${name.slice(0, 100)} is too large`);
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      yield { name, data: Buffer.concat(chunks) };
    }
  } catch (error) {
    if (error instanceof ArchiveDamage || !isOfFormat(error)) throw error;
    throw new ArchiveDamage(`it is damaged (${error.message})`, { cause: error });
  } finally {
    tar.destroy();
  }
}

/** Of gzip or tar. What the database says has other codes. */
const isOfFormat = (error: unknown): error is Error =>
  error instanceof Error &&
  ((error as { code?: string }).code?.startsWith('Z_') === true ||
    /tar|header|Unexpected end|Premature|Writable stream closed/i.test(error.message));
