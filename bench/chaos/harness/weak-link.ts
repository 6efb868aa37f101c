/** A TCP connection to the database that can be cut, delayed and silenced. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** `silent`: bytes go nowhere, and nothing ends. `refused`: no new connections. */
export type LinkState = 'open' | 'slow' | 'silent' | 'refused';

const DELAY_MS = 300;

export class WeakLink {
  state: LinkState = 'open';
  readonly #server: Server;
  readonly #pairs = new Set<Socket>();

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      if (this.state === 'refused') {
        near.resetAndDestroy();
        return;
      }
      const far = connect(Number(target.port), target.hostname);
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  /** The URL of the same database behind the link. */
  static async to(databaseUrl: string): Promise<{ link: WeakLink; url: string }> {
    const target = new URL(databaseUrl);
    const link = new WeakLink(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    const url = new URL(databaseUrl);
    url.port = String((link.#server.address() as AddressInfo).port);
    return { link, url: url.href };
  }

  #pass(from: Socket, to: Socket): void {
    this.#pairs.add(from);
    from.on('data', (bytes) => {
      if (this.state === 'silent') return; // Lost: the connection is of no use any more.
      if (this.state === 'slow') setTimeout(() => to.write(bytes), DELAY_MS);
      else to.write(bytes);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#pairs.delete(from);
      to.destroy();
    });
  }

  /** Resets all connections that are open. */
  cut(): void {
    for (const socket of this.#pairs) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
