/** What ONNX Runtime hands over as copies does not wait for V8 to collect it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { HybridExecutor } from '../../src/engine/executors/hybrid/hybrid-executor.ts';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { ADAM, chunk, classificationData, dense, rows, training } from './specs.ts';

const { available: hasOnnx } = await new OnnxExecutor().availability();
const SAMPLES = 48;

/** A runtime, and everything that its sessions have put out, by name. */
async function recording() {
  const runtime = await import('onnxruntime-node');
  const put: [name: string, Tensor][] = [];
  const create = async (...order: [Uint8Array, InferenceSession.SessionOptions]): Promise<InferenceSession> => {
    const session = await runtime.InferenceSession.create(...order);
    const run = session.run.bind(session) as (...feeds: unknown[]) => Promise<Record<string, Tensor>>;
    session.run = async (...feeds: unknown[]) => {
      const results = await run(...feeds);
      put.push(...Object.entries(results));
      return results;
    };
    return session;
  };
  const load = () => Promise.resolve({ ...runtime, InferenceSession: { create } } as typeof runtime);
  return { load, put };
}

const isFreed = ([, { data }]: [string, Tensor]): boolean => data.length === 0;

test('of hybrid, every copy is free once the step is done', { skip: !hasOnnx }, async () => {
  const { load, put } = await recording();
  const data = classificationData(SAMPLES);
  const network = await openNetworkOn(
    new HybridExecutor(load),
    { layers: [dense(8)] },
    training({ seed: 1, optimizer: ADAM }),
    data,
  );
  await network.train(chunk(SAMPLES, 8, 5));
  await network.evaluate(rows(SAMPLES));
  assert.ok(put.length > 10);
  assert.deepEqual(
    put.filter((result) => !isFreed(result)).map(([name]) => name),
    [],
  );
  await network.close();
});

test('of onnx, old states are free once there are new ones', { skip: !hasOnnx }, async () => {
  const { load, put } = await recording();
  const data = classificationData(SAMPLES);
  const network = await openNetworkOn(
    new OnnxExecutor(load),
    { layers: [dense(8)] },
    training({ seed: 1, optimizer: ADAM }),
    data,
  );
  const losses: number[][] = [];
  for (let part = 0; part < 3; part++) losses.push([...(await network.train(chunk(SAMPLES, 8, 5))).losses]);
  const parameters = put.filter(([name]) => name === 'next:parameters');
  assert.deepEqual(parameters.map(isFreed), [true, true, false]);
  assert.ok(losses.flat().every(Number.isFinite));
  assert.ok(network.readState().parameters.some((value) => value !== 0));
  await network.close();
});
