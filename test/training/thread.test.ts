import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { StartOrder, ThreadAnswer, ThreadOrder, ThreadReport } from '../../src/schemas/index.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';
import { decodeCheckpoint } from '../../src/training/checkpoint.ts';
import { promptly } from '../support/promptly.ts';
import { dense, drive, NOTHING_REPORTED, resolve } from './drive.ts';

const entry = (name: string) =>
  new URL(`../../src/${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
const thread = new Worker(entry('training/thread'));
after(() => thread.terminate());

const job = {
  dataset: { name: 'moons', samples: 300 },
  model: { layers: [dense(8)] },
  training: { epochs: 3, seed: 1 },
};

/** Gives the thread a run and collects its reports. */
async function run(spec: JobSpec, onReport: (report: ThreadReport) => void = () => {}): Promise<ThreadReport[]> {
  const reports: ThreadReport[] = [];
  const order: StartOrder = {
    type: 'start',
    runId: 'run_1',
    attempt: 1,
    spec,
    dataset: null,
    checkpoint: null,
    reported: NOTHING_REPORTED,
    neurons: null,
  };
  const ended = new Promise<void>((resolve) => {
    const take = (report: ThreadReport): void => {
      reports.push(report);
      onReport(report);
      if (report.type !== 'finished') return;
      thread.off('message', take);
      resolve();
    };
    thread.on('message', take);
  });
  say(order);
  await ended;
  return reports;
}
const say = (order: ThreadOrder): void => thread.postMessage(order);

test('a thread survives a run that fails, and trains the next one as if it were the first', async () => {
  const failed = await run(
    resolve({
      ...job,
      dataset: { name: 'absolute', samples: 100 },
      training: { ...job.training, optimizer: { type: 'sgd', learningRate: 1e6 } },
    }),
  );
  assert.ok(
    failed.some(
      (report) => report.type === 'finished' && report.outcome === 'failed' && report.error.code === 'DIVERGED',
    ),
  );

  const spec = resolve(job);
  const reports = await run(spec);
  const final = reports.find((report) => report.type === 'checkpoint' && report.isFinal);
  assert.ok(final?.type === 'checkpoint');
  assert.deepEqual(decodeCheckpoint(final.state).network, (await drive(spec)).final.network);
});

test('pause and cancel are followed within half a second, and orders without a run are ignored', async () => {
  const endless = resolve({ ...job, training: { ...job.training, epochs: 1_000_000 } });
  for (const [type, outcome] of [
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
  ] as const) {
    await promptly(500, async () => {
      say({ type: 'cancel' });
      let askedAt = Infinity;
      const reports = await run(endless, (report) => {
        if (report.type !== 'snapshot' || askedAt < Infinity) return;
        askedAt = performance.now();
        say({ type });
      });
      const last = reports.at(-1);
      assert.ok(last?.type === 'finished' && last.outcome === outcome);
      return performance.now() - askedAt;
    });
  }
});

test('a question thread lists the engines and assesses the risk of a job', async () => {
  const questions = new Worker(entry('questions/thread'));
  after(() => questions.terminate());
  questions.postMessage({ type: 'listEngines', id: 7, ask: null });
  const [engines] = (await once(questions, 'message')) as [
    ThreadAnswer & { id: 7; answer: { name: string; available: boolean }[] },
  ];
  assert.equal(engines.id, 7);
  assert.ok(engines.answer.some(({ name, available }) => name === 'tensorflow' && available));
  questions.postMessage({ type: 'assessRisk', id: 8, ask: { spec: resolve(job), dataset: null } });
  const [risk] = (await once(questions, 'message')) as [
    ThreadAnswer & { answer: { bornDead: { probability: number } } },
  ];
  assert.ok(risk.answer.bornDead.probability < 0.01);
  questions.postMessage({
    type: 'assessRisk',
    id: 9,
    ask: { spec: { ...resolve(job), dataset: { id: 'data_1' } }, dataset: null },
  });
  const [gone] = (await once(questions, 'message')) as [ThreadAnswer & { error: { code: string } }];
  assert.equal(gone.error.code, 'DATASET_NOT_FOUND');
});
