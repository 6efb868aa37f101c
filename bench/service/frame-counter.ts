/** Counts the WebSocket frames of a server (RFC 6455: never masked) without keeping what is in them. */

/** As much of a payload as is looked at. */
const HEAD_BYTES = 96;
const TEXT = 1;
const BINARY = 2;
const PING = 9;

export interface FrameListener {
  /** `head`: the beginning of the payload, or all of a short one. */
  text(head: string): void;
  binary(bytes: number): void;
  /** Wants a pong. */
  ping(): void;
}

export class FrameCounter {
  readonly #listener: FrameListener;
  /** Bytes of the present payload that are still to come. */
  #rest = 0;
  #opcode = 0;
  #head = '';
  /** The beginning of a frame that arrived without the rest of its header. */
  #pending: Buffer | null = null;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** `chunk` is not kept. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#pending) {
      bytes = Buffer.concat([this.#pending, chunk]);
      this.#pending = null;
    }
    let at = 0;
    while (at < bytes.length) {
      if (this.#rest === 0) {
        const headerBytes = headerLength(bytes, at);
        if (at + headerBytes > bytes.length) {
          this.#pending = Buffer.from(bytes.subarray(at));
          return;
        }
        this.#begin(bytes, at);
        at += headerBytes;
        if (this.#rest === 0) this.#end();
        continue;
      }
      const taken = Math.min(this.#rest, bytes.length - at);
      if (this.#opcode === TEXT && this.#head.length < HEAD_BYTES)
        this.#head += bytes.toString('latin1', at, at + Math.min(taken, HEAD_BYTES - this.#head.length));
      at += taken;
      this.#rest -= taken;
      if (this.#rest === 0) this.#end();
    }
  }

  #begin(bytes: Buffer, at: number): void {
    this.#opcode = bytes[at]! & 15;
    const short = bytes[at + 1]! & 127;
    this.#rest =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    this.#head = '';
    if (this.#opcode === BINARY) this.#listener.binary(this.#rest);
  }

  #end(): void {
    if (this.#opcode === TEXT) this.#listener.text(this.#head);
    if (this.#opcode === PING) this.#listener.ping();
  }
}

/** 2 if it is not known yet. */
function headerLength(bytes: Buffer, at: number): number {
  if (at + 2 > bytes.length) return 2;
  const short = bytes[at + 1]! & 127;
  return short < 126 ? 2 : short === 126 ? 4 : 10;
}
