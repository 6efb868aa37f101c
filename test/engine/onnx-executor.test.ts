import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';

test('an executor without its package says how to get it', async () => {
  const missing = 'a-package-that-npm-left-out';
  const { available, reason } = await new OnnxExecutor(() => import(missing)).availability();
  assert.equal(available, false);
  assert.match(
    reason ?? '',
    /^The package onnxruntime-node is not installed\..* ONNXRUNTIME_NODE_INSTALL=skip npm install /,
  );
});

test('an executor whose package does not load says why in one line', async () => {
  const broken = new OnnxExecutor(() => Promise.reject(new Error('libstdc++.so.6 is too old\nRequire stack: ...')));
  assert.equal((await broken.availability()).reason, 'onnxruntime-node did not load: libstdc++.so.6 is too old');
});
