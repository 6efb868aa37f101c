/**
 * Fashion-MNIST as a user has it: the four files of the distribution, uploaded over HTTP and learned by a small network.
 * Its 10,000 test images are neither trained nor validated on. The files come from Debian's package
 * dataset-fashion-mnist, or from a folder.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetInfo, Job } from '../../src/vocabulary/index.ts';
import { ServiceProcess } from './service-process.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

const FILES = [
  'train-images-idx3-ubyte.gz',
  'train-labels-idx1-ubyte.gz',
  't10k-images-idx3-ubyte.gz',
  't10k-labels-idx1-ubyte.gz',
];
const EPOCHS = 12;
const job = (id: string, seed: number): Job => ({
  name: `fashion-mnist, seed ${seed}`,
  dataset: { id, validationSplit: 0.1 },
  model: {
    layers: [
      { type: 'dense', units: 256 },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 128 },
    ],
  },
  training: {
    epochs: EPOCHS,
    batchSize: 128,
    seed,
    optimizer: { type: 'adam', learningRate: 0.001 },
    schedule: { type: 'cosine' },
  },
});

/** No rows, and a line that says why, where the files are not there. */
export async function measureFashionMnist(rounds: number, folder: string): Promise<Row[]> {
  const files = await Promise.all(FILES.map((name) => readFile(join(folder, name)).catch(() => null)));
  const missing = FILES.filter((_, index) => files[index] === null);
  if (missing.length > 0) {
    console.error(
      `skipped: ${folder} has no ${missing.join(', ')}. Install Debian's dataset-fashion-mnist, or name a folder with --fashion.`,
    );
    return [];
  }
  return withFolder(async (dataDir) => {
    const service = await ServiceProcess.start({ dataDir });
    try {
      const form = new FormData();
      for (const [index, name] of FILES.entries()) form.append('file', new Blob([new Uint8Array(files[index]!)]), name);
      const startedAt = performance.now();
      const response = await fetch(`${service.url}/v1/datasets?name=fashion`, { method: 'POST', body: form });
      if (response.status !== 201) throw new Error(`The upload was refused: ${await response.text()}`);
      const { id = '' } = (await response.json()) as DatasetInfo;
      const uploadSeconds = (performance.now() - startedAt) / 1000;

      const played: { seconds: number; validation: number; test: number; best: number }[] = [];
      for (let round = 1; round <= rounds; round++) {
        const { id: runId } = await service.client.submit(job(id, round));
        // It ends when the run does.
        for await (const _message of service.client.watch(runId));
        const { status, error, summary } = await service.client.get(runId);
        if (status !== 'succeeded') throw new Error(`The run ${status}: ${error?.message}`);
        played.push({
          seconds: summary.trainingSeconds ?? NaN,
          validation: percent(summary.valAccuracy),
          test: percent(summary.testAccuracy),
          best: percent(summary.bestTestAccuracy),
        });
        console.error(JSON.stringify(played.at(-1)));
      }
      const what = `Fashion-MNIST, 256-128 ReLU, dropout 0.2, ${EPOCHS} epochs of 54,000 images`;
      return [
        { what: 'Fashion-MNIST, four IDX files (gzip) uploaded and read', values: [uploadSeconds], unit: 's' },
        { what: `${what}: training`, values: played.map(({ seconds }) => seconds), unit: 's' },
        {
          what: `${what}: validation accuracy (6,000 images)`,
          values: played.map(({ validation }) => validation),
          unit: '%',
        },
        {
          what: `${what}: test accuracy (10,000 images), final`,
          values: played.map(({ test }) => test),
          unit: '%',
          least: 88,
        },
        {
          what: `${what}: test accuracy (10,000 images), best checkpoint`,
          values: played.map(({ best }) => best),
          unit: '%',
        },
      ];
    } finally {
      await service.stop();
    }
  });
}

const percent = (share: number | null | undefined): number => 100 * (share ?? NaN);
