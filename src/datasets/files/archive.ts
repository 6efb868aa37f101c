/** Zip and tar archives, entry by entry. */
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import type { ReadingLimits } from '../../schemas/index.ts';
import { FileDamage } from './damage.ts';

export type ArchiveKind = 'zip' | 'tar';

/** A file of an archive. It has to be read, if at all, before the next one is asked for. */
export interface ArchiveEntry {
  name: string;
  /** Unpacked. */
  bytes: number;
  read(): Promise<Buffer>;
  saveTo(path: string): Promise<void>;
}

/** What `read` may put into memory. */
const MOST_ENTRY_BYTES = 64 * 1024 * 1024;

/**
 * The files in the order of the archive, without folders and what operating systems add. Throws FileDamage for an archive
 * that is damaged, has files outside of its folder, or is larger than the limit when it is unpacked.
 */
export async function* entriesOf(path: string, kind: ArchiveKind, limits: ReadingLimits): AsyncGenerator<ArchiveEntry> {
  let bytes = 0;
  try {
    for await (const entry of kind === 'zip' ? zipEntries(path) : tarEntries(path)) {
      if (/^([a-zA-Z]:|[\\/])|(^|[\\/])\.\.([\\/]|$)/.test(entry.name)) throw outsideOf(entry.name);
      bytes += entry.bytes;
      if (bytes > limits.bytes) throw tooLarge(limits);
      if (!isHidden(entry.name)) yield refusing(entry, kind);
    }
  } catch (error) {
    throw asDamage(error, kind);
  }
}

/** What is wrong with its bytes shows when they are read, which this generator does not do itself. */
const refusing = ({ name, bytes, ...entry }: ArchiveEntry, kind: ArchiveKind): ArchiveEntry => {
  const refuse = (error: unknown): never => {
    throw asDamage(error, kind);
  };
  return {
    name,
    bytes,
    read: () => entry.read().catch(refuse),
    saveTo: (path) => entry.saveTo(path).catch(refuse),
  };
};

const outsideOf = (name: string) =>
  new FileDamage(`The archive has a file outside of its folder: ${name}. Pack it again without such names.`);

const tooLarge = ({ bytes }: ReadingLimits) =>
  new FileDamage(
    `Unpacked, the data is larger than ${bytes.toLocaleString('en')} bytes, which is the limit of this service.`,
  );

/** Files that begin with a dot, and the doubles that macOS packs. */
const isHidden = (name: string) => /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i.test(name);

function asDamage(error: unknown, kind: ArchiveKind): unknown {
  if (error instanceof FileDamage || !(error instanceof Error)) return error;
  // Errors of the system are not the archive's.
  if ('syscall' in error) return error;
  const [, outside] =
    /^(?:invalid relative path|absolute path|invalid characters in fileName): (.*)$/s.exec(error.message) ?? [];
  if (outside !== undefined) return outsideOf(outside);
  return new FileDamage(`The ${kind} archive is damaged or was cut off. Pack it again.`, undefined, { cause: error });
}

async function* zipEntries(path: string): AsyncGenerator<ArchiveEntry> {
  const zip = await openPromise(path, { strictFileNames: false, validateEntrySizes: true });
  try {
    for (;;) {
      const entry = await nextEntry(zip);
      if (entry === null) return;
      if (entry.fileName.endsWith('/')) continue;
      if (entry.isEncrypted()) throw new FileDamage('The zip archive is encrypted. Pack it again without a password.');
      const open = () => openEntry(zip, entry);
      yield {
        name: entry.fileName,
        bytes: entry.uncompressedSize,
        read: async () => readWhole(await open(), entry.uncompressedSize),
        saveTo: async (target) => pipeline(await open(), createWriteStream(target)),
      };
    }
  } finally {
    zip.close();
  }
}

/** Null at the end. */
function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      zip.removeListener('entry', onEntry);
      zip.removeListener('end', onEnd);
      zip.removeListener('error', onError);
      end();
    };
    const onEntry = (entry: Entry) => settle(() => resolve(entry));
    const onEnd = () => settle(() => resolve(null));
    const onError = (error: Error) => settle(() => reject(error));
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError);
    zip.readEntry();
  });
}

function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error)));
  });
}

async function* tarEntries(path: string): AsyncGenerator<ArchiveEntry> {
  const unpacking = extract();
  const file = createReadStream(path);
  // Its error is the error of the iteration as well.
  const reading = pipeline(file, unpacking).catch(() => undefined);
  try {
    for await (const entry of unpacking) {
      const { name, size, type } = entry.header;
      let isUsed = false;
      if (type === 'file' || type === 'contiguous-file')
        yield {
          name: name.replace(/^(\.\/)+/, ''),
          bytes: size,
          read() {
            isUsed = true;
            return readWhole(entry, size);
          },
          saveTo(target) {
            isUsed = true;
            return pipeline(entry, createWriteStream(target));
          },
        };
      if (!isUsed) entry.resume();
    }
  } finally {
    file.destroy();
    unpacking.destroy();
    await reading;
  }
}

async function readWhole(stream: AsyncIterable<unknown>, bytes: number): Promise<Buffer> {
  if (bytes > MOST_ENTRY_BYTES)
    throw new FileDamage(`A file of ${bytes.toLocaleString('en')} bytes in the archive is too large to be an image.`);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Passes bytes on, up to the limit. */
export const limited = (limits: ReadingLimits): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limits.bytes) done(tooLarge(limits));
      else done(null, chunk);
    },
  });
};
