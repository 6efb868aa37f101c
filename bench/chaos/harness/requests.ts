/** Requests from outside, with anything in them, and everybody's patience. */
import { Agent, request, type IncomingHttpHeaders } from 'node:http';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}
/**
 * `gone`: the connection broke, as when the service is killed. `hang`: no answer, or no more of it, in time. `unsendable`:
 * no valid HTTP.
 */
export type Outcome = Answer | 'gone' | 'hang' | 'unsendable';

export interface Sent {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string | string[]>>;
  body?: string | Uint8Array;
}

/** No request under the limits takes this long on an idle machine; on a busy one there is room. */
const PATIENCE_MS = 30_000;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

export function send(
  port: number,
  { method, path, headers = {}, body }: Sent,
  patienceMs = PATIENCE_MS,
): Promise<Outcome> {
  return new Promise((resolve) => {
    try {
      const asked = request({ host: '127.0.0.1', port, method, path, headers, agent, setHost: !('host' in headers) });
      const timer = setTimeout(() => {
        resolve('hang');
        asked.destroy();
      }, patienceMs);
      const end = (outcome: Outcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      asked.on('error', () => end('gone'));
      asked.on('upgrade', (response, socket) => {
        socket.destroy();
        end({ status: 101, headers: response.headers, body: Buffer.alloc(0) });
      });
      asked.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          // A long answer may take long, as long as it goes on.
          timer.refresh();
        });
        response.on('error', () => end('gone'));
        response.on('close', () => end('gone'));
        response.on('end', () =>
          end({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      asked.end(body);
    } catch {
      resolve('unsendable');
    }
  });
}

/** A refusal for now that says when to come again. */
export const isRefusal = ({ status, headers }: Answer): boolean =>
  status === 507 || ((status === 503 || status === 429) && headers['retry-after'] !== undefined);
