import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { RelumineError, RunFailure } from '../../src/errors.ts';
import type { Network, TrainingData } from '../../src/engine/network.ts';
import { listEngines, openNetwork } from '../../src/engine/open-network.ts';
import { HybridExecutor } from '../../src/engine/executors/hybrid/hybrid-executor.ts';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { TensorflowExecutor } from '../../src/engine/executors/tensorflow/tensorflow-executor.ts';
import { WasmExecutor } from '../../src/engine/executors/wasm/wasm-executor.ts';
import { initializeDense } from '../../src/engine/math/initializers.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { Random } from '../../src/random.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { evaluate } from '../../src/training/watching/passes.ts';
import {
  type Initializer,
  type LayerSpec,
  type ModelSpec,
  DEFAULT_OUTPUT,
  type TrainingSpec,
  ACTIVATION_OPTIONS,
  fill,
} from '../../src/vocabulary/index.ts';
import { ADAM, chunk, classificationData, dense, regressionData, rows, SGD, training } from './specs.ts';

const EVERYTHING: LayerSpec[] = [
  dense(8, { type: 'linear' }),
  { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 },
  { type: 'activation', activation: { type: 'prelu', alpha: 0.25 } },
  { type: 'dropout', rate: 0.25 },
  dense(6, { type: 'selu' }),
  { type: 'alphaDropout', rate: 0.1 },
  { type: 'layerNormalization', epsilon: 1e-5 },
];
const executors = {
  onnx: new OnnxExecutor(),
  hybrid: new HybridExecutor(),
  wasm: new WasmExecutor(),
  cpu: new TensorflowExecutor({ backend: 'cpu' }),
  tfjsWasm: new TensorflowExecutor({ backend: 'wasm' }),
  tensorflow: new TensorflowExecutor({ backend: 'tensorflow' }),
};
type Backend = keyof typeof executors;
const hasNode = (await executors.tensorflow.availability()).available;
const hasOnnx = (await executors.onnx.availability()).available;

async function using<T>(
  backend: Backend,
  model: ModelSpec,
  spec: TrainingSpec,
  data: TrainingData,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  const network = await openNetworkOn(executors[backend], model, spec, data);
  try {
    return await work(network);
  } finally {
    await network.close();
  }
}

const trainedWith = (backend: Backend, seed: number) =>
  using(backend, { layers: EVERYTHING }, training({ seed, optimizer: ADAM }), classificationData(), async (network) => {
    const { losses } = await network.train(chunk(48, 8, 12));
    return { losses, ...network.readState() };
  });

/** The second layer of a network, from 5 neurons to 3 outputs, as seed 1 draws it. */
const drawn = (kernel: Initializer, bias: Initializer) =>
  initializeDense(kernel, bias, { fanIn: 5, fanOut: 3 }, new Random(1, 'initializer', 1));

for (const backend of ['onnx', 'wasm', 'cpu', 'tfjsWasm', 'tensorflow'] as const) {
  const skip =
    (backend === 'tensorflow' && !hasNode) || (backend === 'onnx' && !hasOnnx) ? `${backend} is not installed` : false;

  test(
    `${backend}: the output layer starts as the job says, or by Glorot, and the hidden layers do not change`,
    { skip },
    async () => {
      const hidden = [dense(5)],
        data = classificationData();
      const start = (output?: ModelSpec['output']) =>
        using(backend, { layers: hidden, ...(output && { output }) }, training(), data, async (network) =>
          network.weights(),
        );
      const [first, unsaid] = await start();
      const asymmetric = await start({ ...DEFAULT_OUTPUT, kernelInitializer: { type: 'randomizedAsymmetric' } });
      const constant = await start({
        ...DEFAULT_OUTPUT,
        kernelInitializer: { type: 'constant', value: 0.5 },
        biasInitializer: { type: 'ones' },
      });
      for (const [weights, expected] of [
        [unsaid, drawn({ type: 'glorotUniform' }, { type: 'zeros' })],
        [asymmetric[1], drawn({ type: 'randomizedAsymmetric' }, { type: 'zeros' })],
        [constant[1], { kernel: new Float32Array(15).fill(0.5), bias: new Float32Array(3).fill(1) }],
      ] as const)
        assert.deepEqual({ kernel: weights!.kernel, bias: weights!.bias }, expected);
      assert.deepEqual([asymmetric[0], constant[0]], [first, first]);
    },
  );

  test(
    `${backend}: the same seed gives the same run, bit for bit; another seed gives another run`,
    { skip },
    async () => {
      assert.deepEqual(await trainedWith(backend, 5), await trainedWith(backend, 5));
      assert.notDeepEqual((await trainedWith(backend, 5)).losses, (await trainedWith(backend, 6)).losses);
    },
  );

  test(`${backend}: a run resumed from its state ends bit-identical to one never stopped`, { skip }, async () => {
    const spec = training({ optimizer: ADAM, clipNorm: 0.5 });
    const open = <T>(work: (network: Network) => Promise<T>): Promise<T> =>
      using(backend, { layers: EVERYTHING }, spec, classificationData(), work);
    const whole = await open(async (network) => {
      const { losses } = await network.train(chunk(48, 8, 14));
      return { losses: [...losses], state: network.readState() };
    });
    const half = await open(async (network) => {
      const { losses } = await network.train(chunk(48, 8, 5));
      await network.inspect(rows(48));
      await network.evaluate(rows(48));
      return { losses: [...losses], state: network.readState() };
    });
    const resumed = await open(async (network) => {
      network.writeState(structuredClone(half.state));
      const { losses } = await network.train(chunk(48, 8, 9, 0.1, 5));
      return { losses: [...half.losses, ...losses], state: network.readState() };
    });
    assert.deepEqual(resumed, whole);
    assert.equal(whole.state.step, 14);
  });

  // Tensors are TensorFlow.js's; ONNX Runtime's memory is measured in onnx-memory.test.ts.
  if (backend !== 'onnx') {
    test(`${backend}: no tensor is left behind`, { skip }, async () => {
      const tf = createRequire(import.meta.url)('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
      const before = tf.memory().numTensors;
      await using(
        backend,
        { layers: EVERYTHING },
        training({ optimizer: ADAM }),
        classificationData(),
        async (network) => {
          const work = async (): Promise<number> => {
            await network.train(chunk(48, 8, 3));
            await network.train(chunk(48, 5, 1));
            await network.evaluate(rows(48));
            await network.inspect(rows(48));
            await network.predict(classificationData().inputs);
            network.readState();
            return tf.memory().numTensors;
          };
          const first = await work();
          for (let round = 0; round < 3; round++) assert.equal(await work(), first);
          await assert.rejects(
            network.train({ ...chunk(48, 8, 2), indices: new Int32Array(16).fill(48) }),
            /no row 48/,
          );
          assert.equal(tf.memory().numTensors - first <= 1, true, 'an exception frees its step');
        },
      );
      assert.equal(tf.memory().numTensors, before);
    });
  }

  test(
    `${backend}: weighted classes have a weighted mean loss, in one batch or in many, and an accuracy without weights`,
    { skip },
    async () => {
      const data = { ...classificationData(1100), classWeights: Float32Array.of(0.2, 1, 5) };
      const weightOf = (row: number): number => data.classWeights[data.targets[row]!]!;
      await using(backend, { layers: [dense(7)] }, training(), data, async (network) => {
        const { losses, correct } = await network.train(chunk(1100, 1100, 1, 0));
        const predictions = await network.predict(data.inputs);
        const total = rows(1100).reduce((sum, row) => sum + weightOf(row), 0);
        const expected = rows(1100).reduce(
          (sum, row) => sum - (weightOf(row) * Math.log(predictions[row * 3 + data.targets[row]!]!)) / total,
          0,
        );
        const whole = await network.evaluate(rows(1100));
        const uneven = await evaluate(
          { parameterCount: 2.5e8, evaluate: (part) => network.evaluate(part) },
          rows(1100),
          new Mailbox(),
        );
        for (const loss of [losses[0]!, whole.loss, uneven!.loss])
          assert.ok(Math.abs(loss - expected) < 1e-5 * expected, `${loss} is not ${expected}`);
        assert.ok(Math.abs(whole.weight - total) < 1e-3 && Math.abs(uneven!.weight - total) < 1e-3);
        for (const accuracy of [whole.accuracy!, uneven!.accuracy!])
          assert.ok(Math.abs(accuracy - correct[0]! / 1100) < 1e-9);
      });
    },
  );

  test(`${backend}: evaluation, inspection and prediction agree`, { skip }, async () => {
    const data = classificationData(1100);
    await using(backend, { layers: [dense(7), dense(5, { type: 'tanh' })] }, training(), data, async (network) => {
      const { losses, correct, fired, samples } = await network.train(chunk(1100, 1100, 1, 0));
      const { loss, accuracy } = await network.evaluate(rows(1100));
      assert.ok(
        Math.abs(loss - losses[0]!) < 1e-5 && Math.abs(accuracy! - correct[0]! / 1100) < 1e-9,
        'in batches as in one',
      );
      const predictions = await network.predict(data.inputs);
      let crossEntropy = 0;
      for (let row = 0; row < 1100; row++) {
        const [a, b, c] = predictions.subarray(row * 3, row * 3 + 3);
        assert.ok(Math.abs(a! + b! + c! - 1) < 1e-5);
        crossEntropy -= Math.log(predictions[row * 3 + data.targets[row]!]!) / 1100;
      }
      assert.ok(Math.abs(crossEntropy - loss) < 1e-5);
      const { layers } = await network.inspect(rows(1100));
      assert.deepEqual(
        layers.flatMap((layer) => [...layer.fired]),
        [...fired],
      );
      assert.equal(samples, 1100);
      const [first, second] = layers;
      assert.deepEqual(first!.nonZero, first!.fired, 'ReLU: an output is not zero where it fires');
      assert.ok(
        first!.minOutput.every((value) => Object.is(value, 0)) && first!.saturated.every((count) => count === 0),
      );
      second!.maxOutput.forEach((value, unit) =>
        assert.ok(Math.abs(value - Math.tanh(second!.maxPreActivation[unit]!)) < 1e-5),
      );
      assert.ok(second!.saturated.some((count) => count > 0 && count < 1100));
    });
  });
}

/** The first of two hidden neurons never fires. */
const withDeadNeuron = (type: 'relu' | 'leakyRelu'): ModelSpec => ({
  layers: [dense(2, fill(ACTIVATION_OPTIONS, type))],
  initialWeights: {
    kernels: [
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      [
        [1, -1, 0],
        [-1, 1, 0],
      ],
    ],
    biases: [
      [-10, 0],
      [0, 0, 0],
    ],
  },
});

const inspectDead = (type: 'relu' | 'leakyRelu') =>
  using('wasm', withDeadNeuron(type), training(), classificationData(), (network) => network.inspect(rows(48)));

test('dead neurons have gradient exactly 0, leaky ones do not', async () => {
  const [relu] = (await inspectDead('relu')).layers;
  assert.equal(relu!.fired[0], 0);
  assert.equal(relu!.maxAbsGradient[0], 0);
  assert.equal(relu!.maxOutput[0], 0);
  assert.ok(relu!.maxPreActivation[0]! < 0 && relu!.maxAbsGradient[1]! > 0);
  assert.equal(relu!.sumAbsGradient[0], 0);
  assert.ok(
    relu!.sumAbsGradient[1]! > relu!.maxAbsGradient[1]! && relu!.sumAbsGradient[1]! < 48 * relu!.maxAbsGradient[1]!,
  );
  const [leaky] = (await inspectDead('leakyRelu')).layers;
  assert.ok(leaky!.fired[0] === 0 && leaky!.maxAbsGradient[0]! > 0 && leaky!.nonZero[0] === 48);
});

test('uint8 inputs are normalised inside the program, and predictions take raw rows', async () => {
  const data = classificationData();
  const bytes = Uint8Array.from(data.inputs, (x) => Math.round((x + 1) * 127.5));
  const shift = Float32Array.of(127.5, 127.5, 100);
  const scale = Float32Array.of(1 / 127.5, 0.01, 2);
  const floats = Float32Array.from(bytes, (value, i) => (value - shift[i % 3]!) * scale[i % 3]!);
  const run = (inputs: Uint8Array | Float32Array, normalization: TrainingData['normalization']) =>
    using(
      'wasm',
      { layers: [dense(4)] },
      training({ optimizer: ADAM }),
      { ...data, inputs, normalization },
      async (network) => {
        const { losses } = await network.train(chunk(48, 8, 6, 0.01));
        return { losses: [...losses], predictions: [...(await network.predict(Float32Array.from(inputs)))] };
      },
    );
  const [raw, ready] = [await run(bytes, { shift, scale }), await run(floats, null)];
  raw.losses.forEach((loss, i) => assert.ok(Math.abs(loss - ready.losses[i]!) < 1e-4 * loss));
  raw.predictions.forEach((p, i) => assert.ok(Math.abs(p - ready.predictions[i]!) < 1e-4));
});

test('targets are normalised inside the programs, without losing digits far from zero, and predictions undo it', async () => {
  const data = regressionData();
  // Around 2e7, neighbouring float32 numbers are 2 apart.
  const targets = data.targets.map((value) => 2e7 + 1e5 * value);
  const targetNormalization = { shift: Float32Array.of(2e7), scale: Float32Array.of(1e-5) };
  const model = { layers: [dense(16, { type: 'tanh' })] };
  const options = training({ loss: 'meanSquaredError', optimizer: ADAM, batchSize: 16 });
  const run = (backend: Backend, changes: Partial<TrainingData>) =>
    using(backend, model, options, { ...data, ...changes }, async (network) => {
      const { losses, gradientNorms } = await network.train(chunk(48, 16, 60, 0.01));
      const { loss } = await network.evaluate(rows(48));
      return { losses, gradientNorms, loss, predictions: await network.predict(data.inputs) };
    });
  for (const [name, executor] of Object.entries(executors)) {
    if (!(await executor.availability()).available) continue;
    const backend = name as Backend;
    const given = await run(backend, { targets: targets.map((value) => (value - 2e7) * Math.fround(1e-5)) });
    const normalized = await run(backend, { targets, targetNormalization });
    // Not bit for bit: an executor may scale a target and subtract a prediction in one instruction.
    for (const key of ['losses', 'gradientNorms'] as const)
      normalized[key].forEach((value, step) => {
        const expected = given[key][step]!;
        assert.ok(
          Math.abs(value - expected) <= 1e-5 * expected,
          `${backend}, ${key} of step ${step}: ${value}, ${expected}`,
        );
      });
    assert.ok(
      Math.abs(normalized.loss - given.loss) <= 1e-5 * given.loss,
      `${backend}: ${normalized.loss}, ${given.loss}`,
    );
    normalized.predictions.forEach((value, i) =>
      assert.ok(Math.abs(value - (2e7 + 1e5 * given.predictions[i]!)) <= 2, `${backend}: ${value}`),
    );
    const error = normalized.predictions.reduce((sum, value, i) => sum + ((value - targets[i]!) / 1e5) ** 2 / 48, 0);
    assert.ok(Math.abs(error - normalized.loss) < 1e-4 * normalized.loss, `${backend}: ${error}, ${normalized.loss}`);
  }
});

test('every kind of task works: regression, multilabel, a model without hidden layers', async () => {
  const regression = regressionData();
  await using(
    'wasm',
    { layers: [dense(16, { type: 'tanh' })] },
    training({ loss: 'meanSquaredError', optimizer: ADAM }),
    regression,
    async (network) => {
      await network.train(chunk(48, 16, 600, 0.01));
      const { loss, accuracy } = await network.evaluate(rows(48));
      assert.ok(loss < 0.02, String(loss));
      assert.equal(accuracy, null);
      const values = await network.predict(regression.inputs);
      const error = values.reduce((sum, value, i) => sum + (value - regression.targets[i]!) ** 2 / 48, 0);
      assert.ok(Math.abs(error - loss) < 1e-5);
    },
  );
  const base = classificationData();
  const multilabel: TrainingData = {
    ...base,
    task: 'multilabel',
    outputCount: 2,
    targets: Float32Array.from({ length: 96 }, (_, i) => Number(base.inputs[Math.floor(i / 2) * 3 + (i % 2)]! > 0)),
  };
  await using(
    'wasm',
    { layers: [] },
    training({ loss: 'sigmoidCrossEntropy', optimizer: SGD }),
    multilabel,
    async (network) => {
      const result = await network.train(chunk(48, 48, 300, 2));
      assert.equal(result.fired.length, 0);
      const { accuracy } = await network.evaluate(rows(48));
      assert.ok(accuracy! > 0.95 && accuracy! <= 1, String(accuracy));
      const predictions = await network.predict(base.inputs);
      const right = predictions.reduce((count, p, i) => count + Number(p > 0.5 === (multilabel.targets[i] === 1)), 0);
      assert.ok(Math.abs(right / 96 - accuracy!) < 1e-6);
      assert.deepEqual((await network.inspect(rows(48))).layers, []);
    },
  );
});

test('after the weights are destroyed, every loss is not finite', async () => {
  for (const backend of [
    ...(hasOnnx ? ['onnx' as const] : []),
    'cpu',
    'wasm',
    ...(hasNode ? ['tensorflow' as const] : []),
  ] as const) {
    await using(
      backend,
      { layers: [dense(8), dense(8)] },
      training({ loss: 'meanSquaredError' }),
      regressionData(),
      async (network) => {
        const { losses } = await network.train(chunk(48, 8, 60, 1e6));
        const first = losses.findIndex((loss) => !Number.isFinite(loss));
        assert.ok(first >= 0, `${backend}: diverges`);
        assert.ok(
          losses.subarray(first).every((loss) => !Number.isFinite(loss)),
          `${backend}: and stays so: ${losses.join()}`,
        );
        const again = await network.train(chunk(48, 8, 2, 1e-3));
        assert.ok(
          again.losses.every((loss) => !Number.isFinite(loss)),
          `${backend}: in the next chunk too`,
        );
      },
    );
  }
});

test('dropout drops its share, differently at every step, and not in evaluation', async () => {
  const layers: LayerSpec[] = [dense(64, { type: 'linear' }), { type: 'dropout', rate: 0.5 }];
  await using('wasm', { layers }, training(), classificationData(), async (network) => {
    const once = await network.train(chunk(48, 48, 3, 0));
    assert.equal(new Set(once.losses).size, 3, 'frozen weights, other masks');
    const frozen = [await network.evaluate(rows(48)), await network.evaluate(rows(48))];
    assert.deepEqual(frozen[0], frozen[1]);
  });
});

test('initial weights are used exactly; invalid ones are refused with every path', async () => {
  const model: ModelSpec = {
    layers: [dense(2, { type: 'prelu', alpha: 0.25 })],
    initialWeights: {
      kernels: [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ],
      biases: [
        [0.5, 0.25],
        [1, 2, 3],
      ],
      alphas: [[0.1, 0.2], []],
    },
  };
  await using('cpu', model, training(), classificationData(), (network) => {
    const [hidden, output] = network.weights();
    assert.deepEqual(
      [[...hidden!.kernel], [...hidden!.bias], [...output!.kernel], [...output!.bias], output!.alpha],
      [[1, 2, 3, 4, 5, 6], [0.5, 0.25], [1, 2, 3, 4, 5, 6], [1, 2, 3], null],
    );
    assert.deepEqual([...hidden!.alpha!], [Math.fround(0.1), Math.fround(0.2)]);
    return Promise.resolve();
  });
  const wrong: ModelSpec = {
    layers: [dense(2)],
    initialWeights: {
      kernels: [
        [[1, 2]],
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      ],
      biases: [[1]],
    },
  };
  await assert.rejects(
    using('cpu', wrong, training(), classificationData(), () => Promise.resolve()),
    (error) => {
      assert.ok(error instanceof RelumineError && error.code === 'INVALID_JOB');
      assert.deepEqual(
        error.details.map(({ path }) => path),
        ['kernels[0]', 'biases[0]', 'kernels[1]', 'biases[1]'].map((path) => `model.initialWeights.${path}`),
      );
      return true;
    },
  );
});

test('a state of another network is refused', async () => {
  const state = await using('cpu', { layers: [dense(3)] }, training(), classificationData(), (network) =>
    Promise.resolve(network.readState()),
  );
  await using('cpu', { layers: [dense(4)] }, training(), classificationData(), (network) => {
    assert.throws(() => network.writeState(state), /another network/);
    return Promise.resolve();
  });
});

test('engines are listed with their versions; auto opens one; a network over the memory budget is refused before it is opened', async () => {
  const engines = await listEngines();
  const tensorflow = engines.find(({ name }) => name === 'tensorflow');
  assert.ok(tensorflow?.available && /^\d+\.\d+\.\d+$/.test(tensorflow.version));
  const data = classificationData();
  const network = await openNetwork('auto', { layers: [dense(4)] }, training(), data);
  assert.equal(network.hiddenLayers[0]!.name, 'dense_1');
  assert.equal(network.parameterCount, 3 * 4 + 4 + 4 * 3 + 3);
  await network.close();
  await network.close();
  await assert.rejects(
    openNetwork('tensorflow', { layers: [dense(4000), dense(4000)] }, training({ optimizer: ADAM }), data, {
      budgetBytes: 100e6,
    }),
    (error) => error instanceof RunFailure && error.code === 'OUT_OF_MEMORY' && /MB/.test(error.message),
  );
});
