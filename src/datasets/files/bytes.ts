/** Files as streams of bytes, and texts in any encoding as UTF-8. */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { TextEncoding } from '../../schemas/index.ts';

const CHUNK_BYTES = 1024 * 1024;

/** The same buffer comes again with every chunk: what is kept has to be copied. */
export async function* readChunks(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      onBytes?.(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The first bytes, at most `count`. */
export async function readHead(path: string, count: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(count);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, count - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === count) return buffer.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}

/** The text is said or thought to be UTF-8, but is not. */
export class NotUtf8 extends Error {
  /** Of the first wrong byte, from 1. */
  readonly line: number;

  constructor(line: number) {
    super(`Line ${line} is not UTF-8.`);
    this.name = 'NotUtf8';
    this.line = line;
  }
}

/**
 * The text without its byte order mark: as UTF-8, except that windows-1252 stays as it is, a byte per character.
 * Characters are whole in each chunk. Throws NotUtf8.
 */
export async function* decodeText(chunks: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncGenerator<Buffer> {
  switch (encoding) {
    case 'windows-1252':
      yield* chunks;
      return;
    case 'utf-8':
      yield* checkUtf8(chunks);
      return;
    case 'utf-16le':
    case 'utf-16be': {
      const decoder = new TextDecoder(encoding);
      for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
      yield Buffer.from(decoder.decode());
    }
  }
}

async function* checkUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0),
    isFirst = true,
    line = 1;
  for await (const chunk of chunks) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (isFirst && hasUtf8Mark(bytes)) bytes = bytes.subarray(3);
    isFirst = false;
    const whole = wholeCharacters(bytes);
    if (!isUtf8(bytes.subarray(0, whole))) throw new NotUtf8(line + linesBeforeError(bytes));
    yield bytes.subarray(0, whole);
    line += countLines(bytes, whole);
    rest = Buffer.from(bytes.subarray(whole));
  }
  if (rest.length > 0) throw new NotUtf8(line);
}

const hasUtf8Mark = (bytes: Buffer) => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/** The end of the last character that is whole, or of what cannot be one. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function linesBeforeError(bytes: Buffer): number {
  let lines = 0;
  for (let start = 0; ; lines++) {
    const end = bytes.indexOf(10, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return lines;
    start = end + 1;
  }
}

function countLines(bytes: Buffer, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1 && at < end; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}
