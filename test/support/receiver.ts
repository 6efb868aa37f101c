/** A server that receives webhooks: it keeps what it got, and answers as it is told. */
import { EventEmitter, on } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  readonly received: readonly Received[];
  /** Answers to come, in order; after them the answer is 200. `silence`: none at all. */
  answers: (number | 'silence' | { status: number; headers: Record<string, string> })[];
  /** Once there are this many. */
  wait(count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const news = new EventEmitter();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
      const answer = receiver.answers.shift() ?? 200;
      if (typeof answer === 'object') response.writeHead(answer.status, answer.headers).end();
      else if (answer !== 'silence') response.writeHead(answer).end('thank you');
      news.emit('received');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers: [],
    async wait(count) {
      const signal = AbortSignal.timeout(30_000);
      const arrivals = on(news, 'received', { signal });
      while (received.length < count) await arrivals.next();
      return received;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}
