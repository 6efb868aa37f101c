/** A thread that sends one file as the body of a POST. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';

export interface SentFile {
  status: number;
  body: string;
  /** Until the last byte was handed over. */
  sentMs: number;
}

const { url, file } = workerData as { url: string; file: string };
const { size } = await stat(file);
const startedAt = performance.now();
const post = request(url, { method: 'POST', headers: { 'content-type': 'text/csv', 'content-length': size } });
const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
  post.once('error', reject);
  post.once('response', (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
});
await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), post);
const sentMs = performance.now() - startedAt;
parentPort?.postMessage({ ...(await answered), sentMs } satisfies SentFile);
