/** A body that is too long to be parsed between other requests: its bytes, for a thread. */
import type { Hash } from 'node:crypto';
import type { UnreadableCode } from './parse-json.ts';

/** Longer JSON is parsed by a thread. To parse and to check so much takes up to 20 ms. */
export const LARGE_BYTES = 128 * 1024;

export class LargeBody {
  /** As they came; empty once a thread has them. */
  chunks: Uint8Array[];
  readonly unreadableAs: UnreadableCode;
  readonly #hash: string | null;

  /** `hash` is over the chunks; null where nobody asks for it. */
  constructor(chunks: Uint8Array[], unreadableAs: UnreadableCode, hash: Hash | null) {
    this.chunks = chunks;
    this.unreadableAs = unreadableAs;
    this.#hash = hash && hash.digest('hex');
  }

  /** The content as its hash: so the same content is the same request to the replay of answers. */
  toJSON(): unknown {
    return { sha256: this.#hash };
  }
}
