import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Network } from '../../src/engine/network.ts';
import { HybridExecutor } from '../../src/engine/executors/hybrid/hybrid-executor.ts';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { TensorflowExecutor } from '../../src/engine/executors/tensorflow/tensorflow-executor.ts';
import { hasRelaxedSimd } from '../../src/engine/executors/wasm/encoder.ts';
import { WasmExecutor } from '../../src/engine/executors/wasm/wasm-executor.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { SGD } from './specs.ts';
import { dataOf, modelOf, REFERENCE_CASES, trainingOf, type ReferenceCase } from './reference.ts';

const STEPS = 12;
const ROUNDING = 3e-7;

const EXECUTORS = {
  onnx: new OnnxExecutor(),
  hybrid: new HybridExecutor(),
  wasm: new WasmExecutor({ fused: false }),
  ...(hasRelaxedSimd() ? { 'wasm, fused': new WasmExecutor({ fused: true }) } : {}),
  'TensorFlow.js on cpu': new TensorflowExecutor({ backend: 'cpu' }),
  'TensorFlow.js on wasm': new TensorflowExecutor({ backend: 'wasm' }),
  'TensorFlow.js on tensorflow': new TensorflowExecutor({ backend: 'tensorflow' }),
};

for (const [backend, executor] of Object.entries(EXECUTORS)) {
  const { available, reason } = await executor.availability();
  for (const reference of REFERENCE_CASES) {
    test(
      `${reference.name} on ${backend} trains as PyTorch does`,
      { skip: available ? false : (reason ?? true) },
      async () => {
        const training = trainingOf(reference);
        const network = await openNetworkOn(executor, modelOf(reference), training, dataOf(reference));
        try {
          await trainsAsReference(network, reference, training.optimizer.learningRate);
        } finally {
          await network.close();
        }
      },
    );

    test(
      `${reference.name} on ${backend} has the first gradients of PyTorch`,
      { skip: available ? false : (reason ?? true) },
      async () => {
        const training = { ...trainingOf(reference), optimizer: SGD, clipNorm: null };
        const network = await openNetworkOn(executor, modelOf(reference), training, dataOf(reference));
        try {
          await lookBackAsReference(network, reference);
          await beginsAsReference(network, reference);
        } finally {
          await network.close();
        }
      },
    );
  }
}

/** With frozen weights it is the gradient itself, and the outputs are those of the neurons. */
async function lookBackAsReference(
  network: Network,
  { x, firstGradients: { kernels, biases, alphas } }: ReferenceCase,
): Promise<void> {
  const before = network.readState();
  const rows = Int32Array.from(x, (_, row) => row);
  const { samples, gradients, activations } = await network.backward(rows);
  assert.equal(samples, x.length);
  gradients.forEach((layer, k) => {
    const isGradient = (actual: Float32Array, expected: number[], what: string): void => {
      assert.equal(actual.length, expected.length, what);
      expected.forEach((gradient, i) =>
        near(actual[i]!, gradient, Math.max(1e-4 * Math.abs(gradient), ROUNDING), `${what} ${k}[${i}]`),
      );
    };
    isGradient(layer.kernel, kernels[k]!.flat(), 'gradient of kernel');
    isGradient(layer.bias, biases[k]!, 'gradient of bias');
    if (layer.alpha) isGradient(layer.alpha, alphas[k]!, 'gradient of alpha');
  });
  const { layers } = await network.inspect(rows);
  assert.equal(activations.length, layers.length);
  layers.forEach(({ units, sumAbs, maxOutput }, k) => {
    const outputs = activations[k]!;
    assert.equal(outputs.length, x.length * units);
    for (let j = 0; j < units; j++) {
      const ofNeuron = outputs.filter((_, place) => place % units === j);
      near(
        ofNeuron.reduce((sum, value) => sum + Math.abs(value), 0),
        sumAbs[j]!,
        1e-4 * (1 + sumAbs[j]!),
        'sum |output|',
      );
      assert.equal(Math.max(...ofNeuron), maxOutput[j]);
    }
  });
  assert.deepEqual(network.readState(), before, 'nothing is trained');
}

/** Plain SGD at rate 1 subtracts exactly the gradient, up to the rounding of weights around 1 to float32. */
async function beginsAsReference(
  network: Network,
  { x, firstGradients: { kernels, biases, alphas } }: ReferenceCase,
): Promise<void> {
  const before = network.weights();
  const { gradientNorms } = await network.train({
    indices: Int32Array.from(x, (_, row) => row),
    batchSize: x.length,
    learningRates: Float64Array.of(1),
  });
  const after = network.weights();
  const isGradient = (from: Float32Array, to: Float32Array, expected: number[], what: string): void => {
    assert.equal(expected.length, from.length, what);
    expected.forEach((gradient, i) =>
      near(from[i]! - to[i]!, gradient, Math.max(1e-4 * Math.abs(gradient), ROUNDING), `${what}[${i}]`),
    );
  };
  before.forEach((layer, k) => {
    isGradient(layer.kernel, after[k]!.kernel, kernels[k]!.flat(), `gradient of kernel ${k}`);
    isGradient(layer.bias, after[k]!.bias, biases[k]!, `gradient of bias ${k}`);
    if (layer.alpha) isGradient(layer.alpha, after[k]!.alpha!, alphas[k]!, `gradient of alpha ${k}`);
  });
  const norm = Math.hypot(...kernels.flat(2), ...biases.flat(), ...alphas.flat());
  near(gradientNorms[0]!, norm, 1e-4 * norm, 'norm of the gradient');
}

async function trainsAsReference(network: Network, reference: ReferenceCase, learningRate: number): Promise<void> {
  const count = reference.x.length;
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  const indices = Int32Array.from({ length: STEPS * count }, (_, position) => position % count);
  const { losses } = await network.train({
    indices,
    batchSize: count,
    learningRates: new Float64Array(STEPS).fill(learningRate),
  });
  reference.losses.forEach((expected, step) =>
    near(losses[step]!, expected, 1e-4 * Math.abs(expected), `loss of step ${step}`),
  );
  const weights = network.weights();
  const tolerance = 1e-4;
  weights.forEach((layer, index) => {
    allNear(layer.kernel, reference.final.kernels[index]!.flat(), tolerance, `kernel ${index}`);
    allNear(layer.bias, reference.final.biases[index]!, tolerance, `bias ${index}`);
    if (layer.alpha) allNear(layer.alpha, reference.final.alphas[index]!, tolerance, `alpha ${index}`);
  });
  const inspection = await network.inspect(rows);
  inspection.layers.forEach((layer, index) => {
    const expected = reference.finalHiddenNeurons[index]!;
    allNear(
      layer.fired.map((fired) => fired / count),
      expected.firedFraction!,
      1e-9,
      'fired fraction',
    );
    allNear(
      layer.sumAbs.map((sum) => sum / count),
      expected.meanAbs!,
      tolerance,
      'mean |output|',
    );
    allNear(layer.maxPreActivation, expected.max!, tolerance, 'max z');
    allNear(layer.minPreActivation, expected.min!, tolerance, 'min z');
  });
}

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} instead of ${expected}`);
}
function allNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) near(actual[i]!, expected[i]!, tolerance, `${what}[${i}]`);
}
