/** What must be the same in every run of a job, whatever happened to the service. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { STEP_METRICS, type Job, type MetricsAnswer, type Neurons, type Run } from '../../../src/vocabulary/index.ts';
import { eventfulJob } from '../../../test/support/eventful-job.ts';
import type { Client } from './client.ts';
import type { Tally } from './tally.ts';

export interface Result {
  status: string;
  /** Of all parameters, float32, as they are in the file for TensorFlow.js. */
  finalWeights: string;
  bestWeights: string;
  curves: unknown;
  neurons: unknown;
}

/** A few seconds of training. */
export const job = (name: string, seconds: number, more: Partial<Job> = {}): Job => ({
  ...eventfulJob(name, Math.max(1, Math.round(seconds * EPOCHS_PER_SECOND))),
  ...more,
});
/** About as many on one core of a server of 2024. */
const EPOCHS_PER_SECOND = 120;

const RESULT_PATIENCE = 'once it has ended';

export async function resultOf(client: Client, runId: string): Promise<Result> {
  const run = await client.get<Run>(`/v1/runs/${runId}`);
  const weights = async (checkpoint: string): Promise<string> => {
    const path = `/v1/runs/${runId}/model/tfjs/weights.bin?checkpoint=${checkpoint}`;
    const answer = await client.insist({ method: 'GET', path });
    if (answer?.status !== 200) return `${answer?.status} ${RESULT_PATIENCE}`;
    return createHash('sha256').update(answer.body).digest('hex');
  };
  const { series } = await client.get<MetricsAnswer>(
    `/v1/runs/${runId}/metrics?points=all&keys=${STEP_METRICS.join(',')}`,
  );
  const { layers, step } = await client.get<Neurons>(`/v1/runs/${runId}/neurons`);
  return {
    status: run.status,
    finalWeights: await weights('final'),
    bestWeights: await weights('best'),
    curves: series,
    neurons: { layers, step },
  };
}

/** Notes what is not as in the run that nothing happened to. */
export function compareResults(tally: Tally, runId: string, result: Result, expected: Result): void {
  if (result.status !== expected.status) tally.add('lost', `run ${runId} is ${result.status}, not ${expected.status}`);
  for (const part of ['finalWeights', 'bestWeights', 'curves', 'neurons'] as const)
    if (!isDeepStrictEqual(result[part], expected[part]))
      tally.add('changed', `${part} of run ${runId} are not those of an undisturbed run`);
  for (const [key, { steps }] of Object.entries(result.curves as MetricsAnswer['series']))
    if (steps.some((step, i) => i > 0 && step <= steps[i - 1]!))
      tally.add('doubled', `${key} of run ${runId} has a step twice`);
}
