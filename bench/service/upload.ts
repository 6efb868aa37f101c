/**
 * Measures a large CSV file on its way into a data set: seconds, the memory of the service, and how long a health check
 * takes meanwhile.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { SentFile } from './send-file.ts';
import { ServiceProcess } from './service-process.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

const SETTLE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** On the embedded database, and on a Postgres server where the URL of an empty database is given. */
export async function measureUpload(megabytes: number, databaseUrl?: string): Promise<Row[]> {
  return withFolder(async (folder) => {
    const file = join(folder, 'large.csv');
    await writeTable(file, megabytes * 1e6);
    const rows: Row[] = [];
    for (const database of databaseUrl === undefined ? ['embedded'] : ['embedded', 'server']) {
      const env = database === 'server' && databaseUrl !== undefined ? { DATABASE_URL: databaseUrl } : undefined;
      const service = await ServiceProcess.start({ dataDir: join(folder, database), ...(env && { env }) });
      try {
        rows.push(...(await measure(service, file, database)));
      } finally {
        await service.stop();
      }
    }
    return rows;
  });
}

async function measure(service: ServiceProcess, file: string, database: string): Promise<Row[]> {
  await delay(SETTLE_MS);
  const before = service.residentMb();
  const { size } = await stat(file);
  const startedAt = performance.now();
  const sending = send(`${service.url}/v1/datasets?name=large`, file);
  const over = new AbortController();
  const answered = sending.finally(() => over.abort());
  const liveMs: number[] = [];
  let highest = before;
  while (!over.signal.aborted) {
    const askedAt = performance.now();
    await (await fetch(`${service.url}/health/live`)).text();
    liveMs.push(performance.now() - askedAt);
    highest = Math.max(highest, service.residentMb());
    await delay(LOOK_EVERY_MS);
  }
  const { status, body, sentMs } = await answered;
  if (status !== 201) throw new Error(`The upload was answered ${status}: ${body}`);
  const seconds = (performance.now() - startedAt) / 1000;
  await delay(SETTLE_MS);
  const what = `CSV file of ${Math.round(size / 1e6)} MB, ${database} database`;
  return [
    { what: `${what}: until it is on the disk of the service`, values: [sentMs / 1000], unit: 's' },
    { what: `${what}: until the data set can be used`, values: [seconds], unit: 's' },
    { what: `${what}: growth of resident memory at its highest`, values: [highest - before], unit: 'MB', limit: 100 },
    { what: `${what}: growth of resident memory afterwards`, values: [service.residentMb() - before], unit: 'MB' },
    {
      what: `${what}: slowest of ${liveMs.length} health checks`,
      values: [Math.max(...liveMs)],
      unit: 'ms',
      limit: 50,
    },
  ];
}

/** In a thread, so that it does not delay the clock of the health checks. */
async function send(url: string, file: string): Promise<SentFile> {
  const worker = new Worker(new URL('send-file.js', import.meta.url), { workerData: { url, file } });
  const [sent] = (await once(worker, 'message')) as [SentFile];
  return sent;
}

/** Ten columns: an id, seven measurements, a category, and a class. The same bytes every time. */
async function writeTable(path: string, bytes: number): Promise<void> {
  const out = createWriteStream(path, { highWaterMark: 1024 * 1024 });
  out.write('id,a,b,c,d,e,f,g,region,class\n');
  let written = 0;
  const regions = ['north', 'south', 'east', 'west'];
  let state = 1;
  const draw = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  for (let row = 1; written < bytes;) {
    let lines = '';
    for (let i = 0; i < 2000; i++, row++) {
      lines += `${row},`;
      for (let k = 0; k < 7; k++) lines += `${(draw() * 2000 - 1000).toFixed(4)},`;
      lines += `${regions[row % 4]},${row % 3}\n`;
    }
    written += lines.length;
    if (!out.write(lines)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}
