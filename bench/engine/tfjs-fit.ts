/** model.fit of TensorFlow.js on tfjs-node, the usual way to train in Node.js. No counters. */
import { createRequire } from 'node:module';
import type { BenchNetwork } from './networks.ts';
import { play } from './protocol.ts';

const require = createRequire(import.meta.url);
type Layers = typeof import('@tensorflow/tfjs-layers');
type Core = typeof import('@tensorflow/tfjs-core');

/** A progress bar on standard output would be read as a reply. */
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- its enum is not exported
const SILENT = 0 as NonNullable<import('@tensorflow/tfjs-layers').ModelFitArgs['verbose']>;

let fit: (steps: number) => Promise<unknown>;

await play({
  open(spec, samples) {
    fit = fitter(spec, samples);
    return Promise.resolve(undefined);
  },
  async train(steps) {
    await fit(steps);
  },
});

function fitter({ sizes, batchSize, task }: BenchNetwork, samples: number): (steps: number) => Promise<unknown> {
  const tf = require('@tensorflow/tfjs-node') as Core & Layers;
  const [features, outputs] = [sizes[0]!, sizes.at(-1)!];
  const isClass = task === 'classification';
  const model = tf.sequential();
  sizes.slice(1).forEach((units, index) => {
    const isLast = index === sizes.length - 2;
    const activation = !isLast ? 'relu' : isClass ? 'softmax' : 'linear';
    model.add(
      tf.layers.dense({
        units,
        activation,
        kernelInitializer: 'heNormal',
        ...(index === 0 ? { inputShape: [features] } : {}),
      }),
    );
  });
  model.compile({ optimizer: tf.train.adam(0.001), loss: isClass ? 'categoricalCrossentropy' : 'meanSquaredError' });
  const allInputs = tf.randomUniform([samples, features], -1, 1);
  const allTargets = isClass
    ? tf.cast(tf.oneHot(tf.randomUniform([samples], 0, outputs, 'int32'), outputs), 'float32')
    : tf.randomUniform([samples, outputs]);
  return async (steps) => {
    for (let rest = steps * batchSize; rest > 0; rest -= samples) {
      const rows = Math.min(rest, samples);
      const [x, y] = [tf.slice(allInputs, [0, 0], [rows, features]), tf.slice(allTargets, [0, 0], [rows, outputs])];
      await model.fit(x, y, { batchSize, epochs: 1, shuffle: true, verbose: SILENT, yieldEvery: 'never' });
      tf.dispose([x, y]);
    }
  };
}
