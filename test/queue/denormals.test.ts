/** Threads with engines take denormal numbers as zeros, which make a network that has learned slow. The service does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrainingThread } from '../../src/queue/training-thread.ts';
import { threadUrl } from '../../src/queue/thread-url.ts';
import type { ThreadReport } from '../../src/schemas/index.ts';
import { decodeCheckpoint } from '../../src/training/checkpoint.ts';
import type { EngineName } from '../../src/vocabulary/index.ts';
import { dense, NOTHING_REPORTED, resolve } from '../training/drive.ts';

/** Smallest normal number of float32. */
const SMALLEST = 2 ** -126;

/** Steps of such a length that neurons die: their gradients are 0 from then on, and their moments decay. */
const job = (engine: EngineName) =>
  resolve({
    engine,
    dataset: { name: 'moons', samples: 64 },
    model: { layers: [dense(16), dense(16)] },
    training: { epochs: 1200, batchSize: 32, seed: 3, optimizer: { type: 'adam', learningRate: 0.5 } },
  });

async function train(thread: TrainingThread, engine: EngineName): Promise<Float32Array> {
  const reports: ThreadReport[] = [];
  await new Promise<void>((end, fail) => {
    thread.start(
      {
        type: 'start',
        runId: 'run_1',
        attempt: 1,
        spec: job(engine),
        dataset: null,
        checkpoint: null,
        reported: NOTHING_REPORTED,
        neurons: null,
      },
      {
        onReport(report) {
          reports.push(report);
          if (report.type === 'finished') end();
        },
        onCrash: ({ message }) => fail(new Error(message)),
      },
    );
  });
  const final = reports.find((report) => report.type === 'checkpoint' && report.isFinal);
  assert.ok(final?.type === 'checkpoint', JSON.stringify(reports.at(-1)));
  return decodeCheckpoint(final.state).network.slots;
}

for (const engine of ['onnx', 'hybrid'] as const) {
  test(`${engine}: a thread keeps no denormal numbers, and the thread that started it still has them`, async () => {
    const thread = new TrainingThread({
      url: threadUrl('../../src/training/thread', import.meta.url),
      heapMb: 512,
      idleMs: 60_000,
      onFree: () => {},
    });
    try {
      const moments = await train(thread, engine);
      assert.ok(moments.some((value) => value === 0));
      assert.deepEqual(
        moments.filter((value) => value !== 0 && Math.abs(value) < SMALLEST),
        new Float32Array(),
      );
      assert.equal(JSON.parse('5e-324'), Number.MIN_VALUE);
      assert.equal(Math.fround(SMALLEST / 2), SMALLEST / 2);
    } finally {
      await thread.stop();
    }
  });
}

test('what a thread trains after another one is the same to the last bit', async () => {
  const moments: Float32Array[] = [];
  for (let round = 0; round < 2; round++) {
    const thread = new TrainingThread({
      url: threadUrl('../../src/training/thread', import.meta.url),
      heapMb: 512,
      idleMs: 60_000,
      onFree: () => {},
    });
    try {
      moments.push(await train(thread, 'onnx'));
    } finally {
      await thread.stop();
    }
  }
  assert.deepEqual(moments[0], moments[1]);
});
