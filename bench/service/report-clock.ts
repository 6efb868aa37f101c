/**
 * Loaded first in every thread of the service. Records when a training thread reports the metrics of a step.
 */
import { appendFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { ThreadReport } from '../../src/schemas/index.ts';

export interface ReportedStep {
  step: number;
  at: number;
}

const path = process.env['REPORT_CLOCK_FILE'];
if (parentPort !== null && path !== undefined) {
  const port = parentPort;
  const post = port.postMessage.bind(port);
  const reported: ReportedStep[] = [];
  port.postMessage = (
    message: Partial<ThreadReport>,
    ...rest: Parameters<typeof post> extends [unknown, ...infer Rest] ? Rest : never
  ) => {
    if (message.type === 'metrics' && message.steps && 'loss' in (message.values ?? {}))
      reported.push({ step: message.steps.at(-1)!, at: Date.now() });
    // Written at the end, so that writing the file does not affect the measurement.
    if (message.type === 'finished') appendFileSync(path, JSON.stringify(reported.splice(0)));
    post(message, ...rest);
  };
}
