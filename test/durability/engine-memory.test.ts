import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Executor } from '../../src/engine/executors/executor.ts';
import { EXECUTORS } from '../../src/engine/executors/registry.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { ADAM, chunk, classificationData, dense, rows, training } from '../engine/specs.ts';

const RUNS = 300;
const SAMPLES = 300;

for (const executor of Object.values<Executor>(EXECUTORS))
  test(`${RUNS} runs one after another on ${executor.name} do not leak memory`, async (t) => {
    const { available, reason } = await executor.availability();
    if (!available) return t.skip(reason ?? 'not available');
    const data = classificationData(SAMPLES);
    let afterTen = 0;
    for (let run = 1; run <= RUNS; run++) {
      const network = await openNetworkOn(
        executor,
        { layers: [dense(32), dense(32)] },
        training({ seed: run, optimizer: ADAM, batchSize: 32 }),
        data,
      );
      for (let part = 0; part < 3; part++) await network.train(chunk(SAMPLES, 32, 10));
      await network.train(chunk(SAMPLES, 8, 1));
      await network.evaluate(rows(SAMPLES));
      await network.inspect(rows(SAMPLES));
      await network.close();
      if (run === 10) afterTen = process.memoryUsage.rss();
    }
    const grownBytes = process.memoryUsage.rss() - afterTen;
    assert.ok(grownBytes < 50e6, `${Math.round(grownBytes / 1e6)} MB`);
  });
