import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createRequire } from 'node:module';
import { ProgramBuilder } from '../../src/engine/program/builder.ts';
import { routineOf } from '../../src/engine/program/program.ts';
import { TensorflowExecutor } from '../../src/engine/executors/tensorflow/tensorflow-executor.ts';
import { openBackend } from '../../src/engine/executors/tensorflow/backends.ts';

const run = promisify(execFile);
const moduleUrl = new URL('../../src/engine/executors/tensorflow/tensorflow-executor.js', import.meta.url).href;
const ask = `import(${JSON.stringify(moduleUrl)}).then(({ TensorflowExecutor }) => new TensorflowExecutor().availability())`;

test('loading the best backend prints nothing', async () => {
  const { stdout, stderr } = await run(process.execPath, ['-e', ask]);
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' });
});

test('a thread that only checked availability leaves a process that exits cleanly', async () => {
  const script = `const { Worker, SHARE_ENV } = require('node:worker_threads'); new Worker(${JSON.stringify(ask)}, { eval: true, env: SHARE_ENV });`;
  await run(process.execPath, ['-e', script]);
});

test('all backends share one tfjs-core, and executors with different backends share a process', async () => {
  const require = createRequire(import.meta.url);
  const opened = await Promise.all([openBackend('wasm'), openBackend('cpu'), openBackend(null)]);
  assert.ok(opened.every(({ tf }) => tf === require('@tensorflow/tfjs-core')));
  assert.deepEqual(
    opened.slice(0, 2).map(({ backend }) => backend),
    ['wasm', 'cpu'],
  );
});

test("states can take each other's values in one step", async () => {
  const b = new ProgramBuilder();
  const [left, right] = [b.state('left', 2), b.state('right', 2)];
  b.update(left, right);
  b.update(right, left);
  const states = { left: Float32Array.of(1, 2), right: Float32Array.of(3, 4) };
  for (const backend of ['cpu', 'wasm'] as const) {
    const executable = await new TensorflowExecutor({ backend }).open([routineOf(b.build('swap'), 1)], {}, states);
    await executable.run({ program: 'swap', steps: 3, batchSize: 1, inputs: {} });
    assert.deepEqual([...executable.readState('left'), ...executable.readState('right')], [3, 4, 1, 2]);
    await executable.close();
  }
});

test('an unknown program, state or step input is refused by name', async () => {
  const executable = await new TensorflowExecutor({ backend: 'cpu' }).open([], {}, { a: new Float32Array(2) });
  await assert.rejects(
    executable.run({ program: 'nothing', steps: 1, batchSize: 1, inputs: {} }),
    /no program nothing/,
  );
  assert.throws(() => executable.readState('b'), /no state b/);
  executable.writeState('a', Float32Array.of(1, 2));
  const copy = executable.readState('a');
  copy[0] = 9;
  assert.deepEqual([...executable.readState('a')], [1, 2]);
  await executable.close();
});
