import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Executor } from '../../src/engine/executors/executor.ts';
import { EXECUTORS } from '../../src/engine/executors/registry.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { ADAM, chunk, classificationData, dense, rows, training } from '../engine/specs.ts';

const RUNS = 300;
/** By then code is compiled, and the pools of the engine are as large as they get. */
const WARM_RUNS = 100;
const SAMPLES = 300;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const usedBytes = (): number => {
  collectGarbage();
  return process.memoryUsage.rss();
};

for (const executor of Object.values<Executor>(EXECUTORS))
  test(`${RUNS} runs one after another on ${executor.name} do not leak memory`, async (t) => {
    const { available, reason } = await executor.availability();
    if (!available) return t.skip(reason ?? 'not available');
    const data = classificationData(SAMPLES);
    let whenWarm = 0;
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
      if (run === WARM_RUNS) whenWarm = usedBytes();
    }
    const grownBytes = usedBytes() - whenWarm;
    assert.ok(grownBytes < 30e6, `${Math.round(grownBytes / 1e6)} MB`);
  });
