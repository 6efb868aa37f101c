/** A thread with an engine, as the service sees it. It is started by the launcher, and talks to the service directly. */
import { MessageChannel, receiveMessageOnPort, SHARE_ENV, Worker, type MessagePort } from 'node:worker_threads';
import type { LaunchNotice, LaunchOrder } from '../schemas/index.ts';
import { threadUrl } from './thread-url.ts';

export interface EngineThreadOptions {
  url: URL;
  name: string;
  /** JavaScript heap in MiB, without typed arrays and the engine's memory. */
  heapMb: number;
}

/** The last call is `onExit`, after every message that the thread has sent. */
export interface EngineThreadListener<Message> {
  onMessage(message: Message): void;
  onError(error: ThreadError): void;
  onExit(code: number): void;
}

/** `code` is one of Node's, such as ERR_WORKER_OUT_OF_MEMORY. */
export interface ThreadError {
  message: string;
  code: string | null;
}

export class EngineThread<Message> {
  readonly #id: number;
  readonly #port: MessagePort;
  readonly #listener: EngineThreadListener<Message>;
  #exit: Promise<void>;
  #hasExited: () => void = () => {};

  constructor({ url, name, heapMb }: EngineThreadOptions, listener: EngineThreadListener<Message>) {
    this.#listener = listener;
    this.#exit = new Promise((resolve) => {
      this.#hasExited = resolve;
    });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: Message) => listener.onMessage(message));
    port1.on('messageerror', (error) => listener.onError({ message: error.message, code: null }));
    this.#id = launcher().add({
      failed: (error) => listener.onError(error),
      exited: (code) => this.#end(code),
    });
    launcher().order({ type: 'launch', id: this.#id, url: url.href, name, heapMb, port: port2 }, [port2]);
  }

  postMessage(message: unknown, transferred: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transferred);
  }

  /** It no longer keeps the process alive. */
  unref(): void {
    this.#port.unref();
    launcher().unref(this.#id);
  }

  /** Resolves when the thread has ended. */
  async terminate(): Promise<void> {
    launcher().order({ type: 'terminate', id: this.#id });
    await this.#exit;
  }

  #end(code: number): void {
    for (let received = receiveMessageOnPort(this.#port); received; received = receiveMessageOnPort(this.#port))
      this.#listener.onMessage(received.message as Message);
    this.#port.close();
    this.#listener.onExit(code);
    this.#hasExited();
  }
}

interface Launched {
  failed(error: ThreadError): void;
  exited(code: number): void;
}

/** The launcher's thread. It keeps the process alive as long as a thread that it started does. */
class Launcher {
  readonly #worker = new Worker(threadUrl('../engine/launcher'), { name: 'launcher', env: SHARE_ENV });
  readonly #launched = new Map<number, Launched>();
  readonly #referenced = new Set<number>();
  #nextId = 0;

  constructor(onEnd: () => void) {
    let reason: ThreadError = { message: 'The thread that starts engines ended', code: null };
    this.#worker.on('message', (notice: LaunchNotice) => {
      const launched = this.#launched.get(notice.id);
      if (notice.type === 'failed') return launched?.failed(notice);
      this.#remove(notice.id);
      launched?.exited(notice.code);
    });
    this.#worker.on('error', (error) => {
      reason = { message: error instanceof Error ? error.message : String(error), code: null };
    });
    this.#worker.on('exit', (code) => {
      onEnd();
      for (const [id, launched] of this.#launched) {
        this.#remove(id);
        launched.failed(reason);
        launched.exited(code);
      }
    });
  }

  add(launched: Launched): number {
    const id = this.#nextId++;
    this.#launched.set(id, launched);
    this.#referenced.add(id);
    this.#worker.ref();
    return id;
  }

  order(order: LaunchOrder, transferred: MessagePort[] = []): void {
    this.#worker.postMessage(order, transferred);
  }

  unref(id: number): void {
    this.#referenced.delete(id);
    if (this.#referenced.size === 0) this.#worker.unref();
  }

  #remove(id: number): void {
    this.#launched.delete(id);
    this.unref(id);
  }
}

let running: Launcher | null = null;

/** One for the process. */
function launcher(): Launcher {
  running ??= new Launcher(() => {
    running = null;
  });
  return running;
}
