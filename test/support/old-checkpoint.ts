/**
 * A run of release 0.1.0, paused at step 18 of 36: its job, its uploaded data set, the checkpoint that it wrote in the
 * format RLC1, and its JSON export.
 */
import { readFile } from 'node:fs/promises';
import { packInlineData, readJob } from '../../src/jobs/index.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';

const fixture = (name: string) => readFile(new URL(`../../../test/fixtures/${name}`, import.meta.url));

export const OLD_DATASET = packInlineData({
  inputs: Array.from({ length: 60 }, (_, i) => [i * 0.37, 100 - i * i * 0.1]),
  targets: Array.from({ length: 60 }, (_, i) => (i % 7 > 3 ? 1 : 0)),
  task: 'classification',
});

/** The predictions of that release for two rows. */
export const OLD_PREDICTION = {
  inputs: [
    [1, 2],
    [20, 50],
  ],
  outputs: [
    [0.7874464392662048, 0.21255351603031158],
    [0.5213953256607056, 0.4786047041416168],
  ],
};

const dense = (units: number, activation: string) => ({ type: 'dense', units, activation });

export function oldSpec(datasetId: string): JobSpec {
  const job = readJob(
    {
      dataset: { id: datasetId, validationSplit: 0.2, seed: 4 },
      model: { layers: [dense(4, 'relu'), { type: 'batchNormalization' }, dense(3, 'prelu')] },
      training: { epochs: 6, batchSize: 8, seed: 5, optimizer: { type: 'adam', learningRate: 0.01 } },
      telemetry: { metricsEverySteps: 5, snapshotsPerSecond: 0, checkpointEverySeconds: 30 },
    },
    { uploaded: { object: 'dataset', kind: 'uploaded', description: '', ...OLD_DATASET } },
  );
  if ('details' in job) throw new Error(JSON.stringify(job.details));
  return job.spec;
}

/**
 * A run from before columns had names, paused at step 12 of 24: its checkpoint in the format RLC2, its JSON export, and
 * its predictions for two rows.
 */
export const UNNAMED = {
  spec: specOf({
    dataset: {
      inputs: Array.from({ length: 40 }, (_, i) => [i * 0.37, 100 - i * i * 0.1]),
      targets: Array.from({ length: 40 }, (_, i) => [1000 + i * i, -i]),
      task: 'regression',
      validationSplit: 0.2,
      seed: 4,
      normalizeTargets: 'standard',
    },
    model: { layers: [dense(4, 'relu'), { type: 'batchNormalization' }, dense(3, 'prelu')] },
    training: { epochs: 6, batchSize: 8, seed: 5, optimizer: { type: 'adam', learningRate: 0.01 } },
    telemetry: { metricsEverySteps: 2, snapshotsPerSecond: 0, checkpointEverySeconds: 30 },
  }),
  prediction: {
    inputs: [1, 2, 20, 50],
    outputs: [1534.6883544921875, -22.579050064086914, 1532.19921875, -20.589641571044922],
  },
  readCheckpoint: async (): Promise<Uint8Array> => new Uint8Array(await fixture('checkpoint-rlc2.bin')),
  readExport: (): Promise<Buffer> => fixture('checkpoint-rlc2.json'),
};

function specOf(job: unknown): JobSpec {
  const read = readJob(job);
  if ('details' in read) throw new Error(JSON.stringify(read.details));
  return read.spec;
}

export async function readOldCheckpoint(): Promise<Uint8Array> {
  return new Uint8Array(await fixture('checkpoint-rlc1.bin'));
}
export const readOldExport = (): Promise<Buffer> => fixture('checkpoint-rlc1.json');
