/** A connection to the database thread that looks like a socket to `pg`; bytes go through a MessagePort. */
import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';

export class ThreadSocket extends Duplex {
  readonly #open: () => Promise<MessagePort>;
  #port: MessagePort | null = null;

  constructor(open: () => Promise<MessagePort>) {
    super();
    this.#open = open;
  }

  connect(): this {
    this.#open().then(
      (port) => {
        if (this.destroyed) return port.close();
        this.#port = port;
        port.on('message', (chunk: Uint8Array) =>
          this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
        );
        port.on('close', () => this.destroy());
        this.emit('connect');
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }

  // `pg` calls these on a socket. They have no meaning here.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#port?.ref();
    return this;
  }

  unref(): this {
    this.#port?.unref();
    return this;
  }

  override _read(): void {
    // The port pushes on its own.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#send(Uint8Array.from(chunk), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    const bytes = new Uint8Array(chunks.reduce((sum, { chunk }) => sum + chunk.length, 0));
    let offset = 0;
    for (const { chunk } of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    this.#send(bytes, done);
  }

  /** `bytes` is not shared, so it can be transferred to the thread without a copy. */
  #send(bytes: Uint8Array<ArrayBuffer>, done: (error?: Error) => void): void {
    if (!this.#port) return done(new Error('The embedded database is not connected.'));
    this.#port.postMessage(bytes, [bytes.buffer]);
    done();
  }

  override _final(done: () => void): void {
    this.#port?.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#port?.close();
    done(error);
  }
}
