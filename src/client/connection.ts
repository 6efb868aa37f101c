/**
 * One WebSocket to the stream of a run, as a queue of messages. Uses the platform's WebSocket, or the package `ws` on
 * Node 20, which has none.
 */
import {
  decodeSnapshot,
  type CaughtUp,
  type Snapshot,
  type StreamAvailability,
  type StreamMessage,
} from '../vocabulary/index.ts';

export interface SnapshotMessage extends Snapshot {
  type: 'snapshot';
  seq: number;
  step: number;
}
export type WatchMessage = StreamMessage | CaughtUp | SnapshotMessage;
/** What a stream carries. */
export type Received = WatchMessage | StreamAvailability;

/** With more messages waiting than this we disconnect; the stream resumes once the consumer has caught up. */
const MOST_PENDING = 4096;
const MOST_PENDING_SNAPSHOTS = 64;

const CONNECTING = 0;
const IS_BROWSER = 'document' in globalThis;

/** What the sockets of browsers, Node and `ws` have in common. */
interface Socket {
  binaryType: string;
  readonly readyState: number;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
  close(code?: number): void;
}
type SocketClass = new (url: string, protocols: string[]) => Socket;

export class Connection {
  readonly #socket: Socket;
  #pending: Received[] = [];
  #pendingSnapshots = 0;
  #wake: (() => void) | null = null;
  /** The close code; null while the socket is open. 1000: the run has ended; 4401 and 4403: one may not see it any more. */
  closeCode: number | null = null;

  static async open(
    url: string,
    { protocols, snapshots }: { protocols: string[]; snapshots: boolean },
  ): Promise<Connection> {
    return new Connection(new (await findSocketClass())(url, protocols), { snapshots });
  }

  private constructor(socket: Socket, { snapshots }: { snapshots: boolean }) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') this.#push(JSON.parse(data) as StreamMessage | CaughtUp | StreamAvailability);
      else if (snapshots) this.#pushSnapshot(new Uint8Array(data as ArrayBuffer));
    });
    // A close event with the reason follows.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code }) => {
      this.closeCode ??= code;
      this.#wake?.();
    });
  }

  /** Messages as they arrive; ends when the socket is closed and the queue is empty. */
  async *messages(signal: AbortSignal | undefined): AsyncGenerator<Received, void> {
    const wake = () => this.#wake?.();
    signal?.addEventListener('abort', wake);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const batch = this.#pending;
        this.#pending = [];
        this.#pendingSnapshots = 0;
        for (const message of batch) yield message;
        if (this.#pending.length > 0) continue;
        if (this.closeCode !== null) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
  }

  close(): void {
    const socket = this.#socket;
    // A browser prints an error about a socket that is closed while it connects, as when a page is left at once.
    if (IS_BROWSER && socket.readyState === CONNECTING) socket.addEventListener('open', () => socket.close());
    else socket.close();
  }

  #push(message: Received): void {
    if (this.closeCode !== null) return;
    this.#pending.push(message);
    if (this.#pending.length > MOST_PENDING) {
      this.closeCode = 1001;
      this.#socket.close();
    }
    this.#wake?.();
  }

  #pushSnapshot(frame: Uint8Array): void {
    if (this.#pendingSnapshots === MOST_PENDING_SNAPSHOTS) {
      this.#pending.splice(
        this.#pending.findIndex(({ type }) => type === 'snapshot'),
        1,
      );
    } else this.#pendingSnapshots++;
    const { header, data } = decodeSnapshot(frame);
    this.#push({ type: 'snapshot', seq: header.seq, step: header.step, header, data });
  }
}

async function findSocketClass(): Promise<SocketClass> {
  const { WebSocket } = globalThis as { WebSocket?: SocketClass };
  if (WebSocket) return WebSocket;
  // A name that bundlers cannot follow: browsers do not need the package.
  const name = 'ws';
  try {
    const { default: Ws } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as { default: unknown };
    return Ws as SocketClass;
  } catch (cause) {
    throw new Error('This platform has no WebSocket. Install the package ws, or use Node 22 or newer.', { cause });
  }
}
