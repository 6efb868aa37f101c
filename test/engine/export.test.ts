/** Exported models, each loaded with its own library, against what the network itself predicts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequire } from 'node:module';
import {
  ACTIVATIONS,
  DEFAULT_OUTPUT,
  OUTPUT_OPTIONS,
  type Activation,
  type LayerSpec,
  type ModelSpec,
  type Task,
  ACTIVATION_OPTIONS,
  fill,
} from '../../src/vocabulary/index.ts';
import type { TrainingData } from '../../src/engine/network.ts';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { openBackend } from '../../src/engine/executors/tensorflow/backends.ts';
import { TensorflowExecutor } from '../../src/engine/executors/tensorflow/tensorflow-executor.ts';
import { EXPORTS, type TrainedModel } from '../../src/engine/export/index.ts';
import { OperatorWriter } from '../../src/engine/export/onnx-operators.ts';
import { tfjsWeights } from '../../src/engine/export/tfjs-model.ts';
import { outlineModel, sizeOf } from '../../src/model/outline.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { ADAM, chunk, classificationData, dense, training } from './specs.ts';
import { readHeader } from '../support/onnx-header.ts';
import { predictFromJson } from './json-predictor.ts';

const SAMPLES = 60;
/** Opsets with their IR versions, from ONNX's docs/Versioning.md. */
const OPSETS = [
  [9, 4],
  [10, 5],
  [11, 6],
  [12, 7],
  [13, 7],
  [14, 7],
  [15, 8],
  [16, 8],
  [17, 8],
  [18, 8],
  [19, 9],
  [20, 9],
] as const;
const { tf } = await openBackend('cpu');
const layers = createRequire(import.meta.url)('@tensorflow/tfjs-layers') as typeof import('@tensorflow/tfjs-layers');
const onnx = await import('onnxruntime-node').catch(() => null);
const executor = onnx ? new OnnxExecutor() : new TensorflowExecutor();

const activations: Activation[] = [
  ...ACTIVATIONS.map((type) => fill(ACTIVATION_OPTIONS, type)),
  { type: 'leakyRelu', alpha: 0.2 },
  { type: 'elu', alpha: 0.5 },
  { type: 'celu', alpha: 0.7 },
];
const allLayers: LayerSpec[] = [
  dense(9, { type: 'linear' }),
  { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 },
  { type: 'activation', activation: { type: 'prelu', alpha: 0.25 } },
  { type: 'dropout', rate: 0.2 },
  dense(7, { type: 'selu' }),
  { type: 'alphaDropout', rate: 0.1 },
  { type: 'layerNormalization', epsilon: 1e-3 },
];

type Case = [name: string, layers: LayerSpec[], data: Task | 'normalised regression', output?: ModelSpec['output']];
const CASES: Case[] = [
  ...activations.map((activation): Case => [
    `${activation.type} ${'alpha' in activation ? activation.alpha : ''}`,
    [dense(8, activation), dense(6, activation)],
    'classification',
  ]),
  ['layers of every type', allLayers, 'classification'],
  ['several labels', allLayers, 'multilabel'],
  ['regression', allLayers, 'regression'],
  ['regression with normalised targets', allLayers, 'normalised regression'],
  ['no hidden layer', [], 'regression'],
  [
    'an output layer that starts asymmetric',
    [dense(8), dense(6)],
    'classification',
    { ...DEFAULT_OUTPUT, kernelInitializer: { type: 'randomizedAsymmetric' } },
  ],
  ...OUTPUT_OPTIONS.activation.enum.flatMap((activation): Case[] => [
    [
      `regression with the output activation ${activation}`,
      [dense(8)],
      'regression',
      { ...DEFAULT_OUTPUT, activation },
    ],
    [
      `the same with normalised targets: ${activation}`,
      [dense(8)],
      'normalised regression',
      { ...DEFAULT_OUTPUT, activation },
    ],
  ]),
];

for (const [name, layerSpecs, kind, output] of CASES) {
  test(`${name}: every format predicts what the network predicts`, async () => {
    const { trained, inputs, expected } = await train({ layers: layerSpecs, ...(output && { output }) }, dataOf(kind));
    near(predictFromJson(read('json', trained), inputs), expected, 'json', trained);
    near(await predictWithTfjs(read('tfjs', trained), inputs, trained), expected, 'tfjs', trained);
    if (!onnx) return;
    assert.deepEqual(readHeader(EXPORTS.onnx(trained).bytes), { irVersion: 4, opset: 9 });
    for (const [opset, irVersion] of OPSETS) {
      const { bytes } = EXPORTS.onnx(trained, { opset });
      assert.deepEqual(readHeader(bytes), { irVersion, opset });
      near(await predictWithOnnx(bytes, inputs, trained), expected, `onnx, opset ${opset}`, trained);
    }
  });
}

test('newer opsets use their own operators where older ones compose them', async () => {
  const { trained } = await train(
    { layers: [dense(4, { type: 'gelu' }), { type: 'layerNormalization', epsilon: 1e-3 }, dense(4, { type: 'mish' })] },
    dataOf('classification'),
  );
  const operatorsAt = (opset: number): string[] => {
    const { bytes } = EXPORTS.onnx(trained, { opset });
    const text = Buffer.from(bytes).toString('latin1');
    return ['Erf', 'Softplus', 'ReduceMean', 'LayerNormalization', 'Mish', 'Gelu'].filter((name) =>
      text.includes(`_${name}`),
    );
  };
  assert.deepEqual(operatorsAt(9), ['Erf', 'Softplus', 'ReduceMean']);
  assert.deepEqual(operatorsAt(17), ['Erf', 'Softplus', 'LayerNormalization']);
  assert.deepEqual(operatorsAt(18), ['Erf', 'LayerNormalization', 'Mish']);
  assert.deepEqual(operatorsAt(20), ['LayerNormalization', 'Mish', 'Gelu']);
});

test('an opset that is unsupported or lacks an operator is refused with the lowest that works', async () => {
  const { trained } = await train({ layers: [] }, dataOf('regression'));
  for (const opset of [8, 21, 9.5]) {
    assert.throws(() => EXPORTS.onnx(trained, { opset }), {
      code: 'INVALID_REQUEST',
      message: `Opset ${opset} is not supported. Request one from 9 to 20.`,
      details: [{ path: 'opset', message: 'must be an integer from 9 to 20' }],
    });
  }
  const writer = new OperatorWriter(16);
  writer.op('Erf', ['x']);
  writer.demandOpset();
  writer.op('LayerNormalization', ['x', 'gamma', 'beta']);
  writer.op('Relu', ['x']);
  assert.equal(writer.neededOpset, 17);
  assert.throws(() => writer.demandOpset(), {
    code: 'INVALID_REQUEST',
    message: 'ONNX has LayerNormalization from opset 17 on. Request opset 17 or higher.',
  });
});

test('weights.bin of a LayersModel has the bytes of its JSON form', async () => {
  const { trained } = await train({ layers: allLayers }, dataOf('classification'));
  const { weightData, weightsManifest, weightSpecs } = JSON.parse(read('tfjs', trained)) as {
    weightData: string;
    weightsManifest: object;
    weightSpecs: object;
  };
  assert.deepEqual(Buffer.from(tfjsWeights(trained)), Buffer.from(weightData, 'base64'));
  assert.deepEqual(weightsManifest, [{ paths: ['model/tfjs/weights.bin'], weights: weightSpecs }]);
  const file = JSON.parse(new TextDecoder().decode(EXPORTS['model.json'](trained).bytes)) as {
    weightsManifest: object;
  };
  assert.deepEqual(file.weightsManifest, [{ paths: ['weights.bin'], weights: weightSpecs }]);
});

const read = (format: 'json' | 'tfjs', trained: TrainedModel): string =>
  new TextDecoder().decode(EXPORTS[format](trained).bytes);

async function train(
  model: ModelSpec,
  data: TrainingData & { inputs: Float32Array },
): Promise<{ trained: TrainedModel; inputs: Float32Array; expected: Float32Array }> {
  const loss = {
    classification: 'softmaxCrossEntropy',
    multilabel: 'sigmoidCrossEntropy',
    regression: 'meanSquaredError',
  } as const;
  const network = await openNetworkOn(executor, model, training({ optimizer: ADAM, loss: loss[data.task] }), data);
  try {
    await network.train(chunk(SAMPLES, 12, 20, 0.01));
    const { task, featureCount, outputCount, normalization, targetNormalization } = data;
    return {
      trained: {
        task,
        outline: outlineModel(model, [featureCount], outputCount),
        state: network.readState(),
        normalization,
        targetNormalization,
        preparation: null,
      },
      inputs: data.inputs,
      expected: await network.predict(data.inputs),
    };
  } finally {
    await network.close();
  }
}

function dataOf(kind: Case[2]): TrainingData & { inputs: Float32Array } {
  const data = classificationData(SAMPLES, 5, 3);
  const inputs = data.inputs.map((x, i) => 40 * x + 100 * (i % 5));
  const normalization = {
    shift: Float32Array.of(0, 100, 200, 300, 400),
    scale: Float32Array.of(1 / 23, 0.04, 0.03, 0.05, 0.01),
  };
  const whole = { ...data, inputs, normalization };
  const targets = (targetOf: (input: number, column: number) => number): Float32Array =>
    Float32Array.from({ length: 3 * SAMPLES }, (_, i) => targetOf(inputs[i]!, i % 3));
  switch (kind) {
    case 'classification':
      return whole;
    case 'multilabel':
      return { ...whole, task: kind, targets: targets((input) => Number(input > 100)) };
    case 'regression':
      return { ...whole, task: kind, targets: targets((input) => input / 200) };
    case 'normalised regression':
      return {
        ...whole,
        task: 'regression',
        targets: targets((input, column) => (column === 0 ? 2e7 + 1000 * input : 1e-4 * input)),
        targetNormalization: { shift: Float32Array.of(2e7, 0, 0.01), scale: Float32Array.of(1e-5, 1e2, 1e2) },
      };
  }
}

/** The three lines from the documentation. */
async function predictWithTfjs(
  text: string,
  inputs: Float32Array,
  { outline }: TrainedModel,
): Promise<ArrayLike<number>> {
  const { weightData, ...artifacts } = JSON.parse(text) as { weightData: string } & Omit<
    import('@tensorflow/tfjs-core').io.ModelArtifacts,
    'weightData'
  >;
  const model = await layers.loadLayersModel(
    tf.io.fromMemory({ ...artifacts, weightData: Uint8Array.from(atob(weightData), (c) => c.charCodeAt(0)).buffer }),
  );
  const output = model.predict(
    tf.tensor2d(inputs, [inputs.length / sizeOf(outline.inputShape), sizeOf(outline.inputShape)]),
  ) as import('@tensorflow/tfjs-core').Tensor;
  return output.dataSync();
}

async function predictWithOnnx(
  bytes: Uint8Array,
  inputs: Float32Array,
  { outline }: TrainedModel,
): Promise<ArrayLike<number>> {
  const session = await onnx!.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  try {
    assert.deepEqual([session.inputNames, session.outputNames], [['input'], ['output']]);
    const { output } = await session.run({
      input: new onnx!.Tensor('float32', inputs, [
        inputs.length / sizeOf(outline.inputShape),
        sizeOf(outline.inputShape),
      ]),
    });
    return (output!.data as Float32Array).slice();
  } finally {
    await session.release();
  }
}

/** Normalised targets may lie far from zero: then the error is small beside their deviation, up to the rounding. */
function near(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  { targetNormalization }: TrainedModel,
): void {
  assert.equal(actual.length, expected.length, what);
  const toleranceOf = (value: number, output: number): number =>
    targetNormalization
      ? 2.5e-7 * Math.abs(value) + 1e-5 / targetNormalization.scale[output]!
      : 1e-6 + 1e-5 * Math.abs(value);
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= toleranceOf(expected[i]!, i % 3),
      `${what}[${i}]: ${actual[i]} instead of ${expected[i]}`,
    );
}
