/**
 * Framing of Postgres frontend messages, just enough to cut them into complete batches for a single session.
 */

const SYNC = 0x53; // 'S'
const QUERY = 0x51; // 'Q'
const FUNCTION_CALL = 0x46; // 'F'
const TERMINATE = 0x58; // 'X'
const PARSE = 0x50; // 'P'

/** How the server says that it has read a statement: '1', without content. */
export const PARSE_COMPLETE: Uint8Array<ArrayBuffer> = Uint8Array.of(0x31, 0, 0, 0, 4);

/**
 * A batch ends where the server responds with ReadyForQuery. Until then the session's unnamed statement and portal are
 * in use.
 */
export type Batch = { kind: 'run'; bytes: Uint8Array } | { kind: 'terminate' };

/** Collects what a client writes and cuts it into batches. */
export class BatchReader {
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #scanned = 0;
  #hasStarted = false;

  push(chunk: Uint8Array): Batch[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const needed = this.#messageEnd();
    if (needed === null || needed > this.#buffered) return [];

    const bytes = this.#join();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const batches: Batch[] = [];
    let start = 0;
    for (;;) {
      const end = messageEnd(view, this.#scanned, this.#hasStarted);
      if (end === null || end > bytes.length) break;
      const type = this.#hasStarted ? bytes[this.#scanned] : QUERY;
      this.#hasStarted = true;
      this.#scanned = end;
      if (type === TERMINATE) batches.push({ kind: 'terminate' });
      else if (type !== SYNC && type !== QUERY && type !== FUNCTION_CALL) continue;
      else batches.push({ kind: 'run', bytes: bytes.subarray(start, end) });
      start = end;
    }
    this.#chunks = start === bytes.length ? [] : [bytes.subarray(start)];
    this.#buffered = bytes.length - start;
    this.#scanned -= start;
    return batches;
  }

  /**
   * The end of the first unread message; null while its length has not arrived. Chunks are joined only if a header is
   * split between two.
   */
  #messageEnd(): number | null {
    const header = this.#hasStarted ? 5 : 4;
    if (this.#buffered < this.#scanned + header) return null;
    let first = this.#chunks[0] as Uint8Array;
    if (first.length < this.#scanned + header) first = this.#join();
    return messageEnd(new DataView(first.buffer, first.byteOffset, first.byteLength), this.#scanned, this.#hasStarted);
  }

  #join(): Uint8Array {
    const [first] = this.#chunks;
    if (this.#chunks.length === 1 && first) return first;
    const all = new Uint8Array(this.#buffered);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }
}

/** A message is a type byte and a length that includes itself. The first one, the startup packet, has no type byte. */
function messageEnd(view: DataView, offset: number, hasType: boolean): number | null {
  const lengthAt = hasType ? offset + 1 : offset;
  if (lengthAt + 4 > view.byteLength) return null;
  return lengthAt + view.getInt32(lengthAt);
}

/** The name of the statement that a batch begins with preparing, and where that message ends; null if it does not. */
export function preparedIn(batch: Uint8Array): { name: string; end: number } | null {
  if (batch[0] !== PARSE) return null;
  const nameEnd = batch.indexOf(0, 5);
  if (nameEnd <= 5) return null;
  const end = messageEnd(new DataView(batch.buffer, batch.byteOffset, batch.byteLength), 0, true);
  return end === null ? null : { name: new TextDecoder().decode(batch.subarray(5, nameEnd)), end };
}

/** A simple query message, which the thread itself sends. */
export function queryMessage(sql: string): Uint8Array {
  const text = new TextEncoder().encode(sql);
  const message = new Uint8Array(1 + 4 + text.length + 1);
  message[0] = QUERY;
  new DataView(message.buffer).setInt32(1, 4 + text.length + 1);
  message.set(text, 5);
  return message;
}
