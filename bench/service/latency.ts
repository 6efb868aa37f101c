/**
 * Measures the latency from a step in the training thread to a watching socket, through the recorder's batch, the
 * database and the stream.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mnistJob } from './jobs.ts';
import type { ReportedStep } from './report-clock.ts';
import { ServiceProcess } from './service-process.ts';
import { quantile } from './statistics.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

export async function measureLatency(epochs: number): Promise<Row[]> {
  return withFolder(async (folder) => {
    const clockFile = join(folder, 'reported.json');
    const service = await ServiceProcess.start({
      dataDir: join(folder, 'data'),
      preload: new URL('report-clock.js', import.meta.url),
      env: { REPORT_CLOCK_FILE: clockFile },
    });
    try {
      const { client } = service;
      const { id } = await client.submit(mnistJob(epochs));
      const arrivals: ReportedStep[] = [],
        writtenToArrivedMs: number[] = [];
      for await (const message of client.watch(id)) {
        if (message.type !== 'metrics' || !('loss' in message.values)) continue;
        arrivals.push({ step: message.steps.at(-1)!, at: Date.now() });
        writtenToArrivedMs.push(Date.now() - Date.parse(message.at));
      }
      const reported = JSON.parse(readFileSync(clockFile, 'utf8')) as ReportedStep[];
      // A message may contain several reports, which all arrived with it.
      const reportedToArrivedMs = reported.map(
        ({ step, at }) => arrivals.find((arrival) => arrival.step >= step)!.at - at,
      );
      return [
        ...rowsOf('from the report of a step by its thread to the watching socket', reportedToArrivedMs),
        ...rowsOf('from the start of a batch in the recorder to the watching socket', writtenToArrivedMs),
      ];
    } finally {
      await service.stop();
    }
  });
}

const rowsOf = (what: string, values: readonly number[]): Row[] =>
  [0.5, 0.95].map((q) => ({
    what: `${what}, p${100 * q} of ${values.length}`,
    values: [quantile(values, q)],
    unit: 'ms',
  }));
