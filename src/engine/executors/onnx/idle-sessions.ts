/**
 * Sessions of closed networks, for the next network of the same shape: to compile the programs of a small network costs
 * more than to train it for a hundred steps. Training runs, sweeps and questions repeat shapes.
 */
import type { InferenceSession } from 'onnxruntime-node';

/** Five programs of four shapes. */
const MOST_SESSIONS = 20;
/** A session keeps the memory of its largest run. */
const MOST_BYTES = 2 ** 20;
const LONGEST_MODEL = 2 ** 16;

/** What a session was made of. */
export interface CompiledModel {
  model: Uint8Array;
  threads: number;
}

/** A session keeps no values between runs, so who used it before makes no difference. */
export class IdleSessions {
  /** By model, the one that waits longest first. */
  readonly #waiting = new Map<string, InferenceSession>();

  /** The session belongs to the caller from now on. Null if there is none of this model. */
  take(compiled: CompiledModel): InferenceSession | null {
    const key = keyOf(compiled);
    const session = this.#waiting.get(key);
    this.#waiting.delete(key);
    return session ?? null;
  }

  /** Keeps a session, or releases it if it is large. `runBytes`: what its largest run needed, about. */
  async put(compiled: CompiledModel, session: InferenceSession, runBytes: number): Promise<void> {
    const key = keyOf(compiled);
    if (runBytes > MOST_BYTES || compiled.model.length > LONGEST_MODEL || this.#waiting.has(key))
      return session.release();
    this.#waiting.set(key, session);
    const [oldest] = this.#waiting;
    if (this.#waiting.size <= MOST_SESSIONS || !oldest) return;
    this.#waiting.delete(oldest[0]);
    await oldest[1].release();
  }
}

/** The model itself, so that no two models share a key. */
const keyOf = ({ model, threads }: CompiledModel): string =>
  `${threads} ` + Buffer.from(model.buffer, model.byteOffset, model.byteLength).toString('latin1');
