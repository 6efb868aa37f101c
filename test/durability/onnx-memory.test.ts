import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { ADAM, chunk, classificationData, dense, rows, training } from '../engine/specs.ts';

const RUNS = 200;
const SAMPLES = 1000;

const executor = new OnnxExecutor();
const { available, reason } = await executor.availability();

test('200 runs one after another do not leak memory', { skip: available ? false : (reason ?? true) }, async () => {
  const data = classificationData(SAMPLES);
  let afterTen = 0;
  for (let run = 1; run <= RUNS; run++) {
    const network = await openNetworkOn(
      executor,
      { layers: [dense(32), dense(32)] },
      training({ seed: run, optimizer: ADAM }),
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
