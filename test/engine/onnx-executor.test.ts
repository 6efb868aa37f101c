import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InferenceSession } from 'onnxruntime-node';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { ADAM, chunk, classificationData, dense, rows, training } from './specs.ts';

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

const { available: hasOnnx } = await new OnnxExecutor().availability();

/** An executor, and the sessions that it has created and not released. */
async function counting() {
  const runtime = await import('onnxruntime-node');
  const sessions = { created: 0, open: 0 };
  const create = async (model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> => {
    const session = await runtime.InferenceSession.create(model, options);
    const release = session.release.bind(session);
    sessions.created += 1;
    sessions.open += 1;
    session.release = () => {
      sessions.open -= 1;
      return release();
    };
    return session;
  };
  const counted = { ...runtime, InferenceSession: { create } } as typeof runtime;
  return { executor: new OnnxExecutor(() => Promise.resolve(counted)), sessions };
}

async function trained(executor: OnnxExecutor, { units = 8, samples = 48, seed = 1 } = {}) {
  const data = classificationData(samples);
  const network = await openNetworkOn(executor, { layers: [dense(units)] }, training({ seed, optimizer: ADAM }), data);
  try {
    await network.train(chunk(samples, 8, 12));
    const { gradients } = await network.backward(rows(16));
    return { ...(await network.inspect(rows(samples))), state: network.readState(), gradients };
  } finally {
    await network.close();
  }
}

test(
  'a network of a known shape compiles nothing, and is trained bit for bit as a new one',
  { skip: !hasOnnx },
  async () => {
    const { executor, sessions } = await counting();
    await trained(executor, { seed: 2 });
    const { created } = sessions;
    assert.equal(created, 3);
    const again = await trained(executor);
    assert.equal(sessions.created, created);
    assert.deepEqual(again, await trained((await counting()).executor));
    await trained(executor, { units: 9 });
    assert.equal(sessions.created, 2 * created);
  },
);

test('two networks of one shape that are open at once do not share a session', { skip: !hasOnnx }, async () => {
  const { executor, sessions } = await counting();
  const [one, two] = await Promise.all([trained(executor), trained(executor)]);
  assert.deepEqual(one, two);
  assert.equal(sessions.created, 6);
  assert.equal(sessions.open, 3, 'the second of each model is released');
});

test('sessions that wait are few and small', { skip: !hasOnnx }, async () => {
  const { executor, sessions } = await counting();
  for (let units = 1; units <= 10; units++) await trained(executor, { units });
  assert.equal(sessions.created, 30);
  assert.equal(sessions.open, 20);
  await trained(executor, { units: 1 });
  assert.equal(sessions.created, 33, 'the oldest ones went');
  await trained(executor, { units: 1024, samples: 512 });
  assert.equal(sessions.created, 36);
  assert.equal(sessions.open, 20, 'those of a large network are released at once');
});
