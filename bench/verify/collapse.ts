/**
 * Trains many networks on |x| and counts how many end up constant. One network is opened on the engine, and each run
 * starts from the initial weights of another seed. The output layer is initialised like the hidden ones, as in the
 * experiments that are reproduced, because it decides the sign of the first backpropagated errors and so how many
 * hidden neurons the first steps push below zero. `collapse-checks.ts` runs this in separate processes or in its own.
 */
import { drawSynthetic } from '../../src/datasets/synthetic.ts';
import { openNetwork } from '../../src/engine/open-network.ts';
import { initialState } from '../../src/engine/model/initial-state.ts';
import type { LayerWeights } from '../../src/model/measurements.ts';
import { outlineModel } from '../../src/model/outline.ts';
import { judge } from '../../src/neurons/index.ts';
import { isBlocked } from '../../src/neurons/diagnosis/run-record.ts';
import { Random } from '../../src/random.ts';
import type { InitializerName, LayerHealth } from '../../src/vocabulary/index.ts';
import { allOf, regressionData, specFor } from './network.ts';

export interface CollapseOrder {
  kernelInitializer: InitializerName;
  steps: number;
  firstSeed: number;
  seeds: number;
}
export interface CollapseCounts {
  runs: number;
  /** Runs whose predictions are the same for every sample, before and after training. */
  bornConstant: number;
  collapsed: number;
  /** Mean squared error below a tenth of the target's variance. */
  fitted: number;
  /**
   * Runs in which verdict and predictions disagree about whether some layer is constant. A fading network counts as
   * either: every neuron of some layer varies by less than 1e-5, or moves the output by less, so its predictions can be
   * a single float32 number while its neurons still differ in the last places.
   */
  disagreements: number;
  engine: string;
}

const BATCH = 128,
  CHUNK = 250;

export async function trainMany({
  kernelInitializer,
  steps,
  firstSeed,
  seeds,
}: CollapseOrder): Promise<CollapseCounts> {
  const { inputs, targets } = drawSynthetic('absolute', 3000, 0, 1);
  const data = regressionData(inputs as Float32Array, targets as Float32Array, 1);
  const layers = Array.from({ length: 9 }, () => ({ type: 'dense', units: 2, activation: 'relu', kernelInitializer }));
  const spec = specFor(
    {
      layers,
      output: { kernelInitializer },
      training: { batchSize: BATCH, optimizer: { type: 'adam', learningRate: 1e-3 } },
    },
    data,
  );
  const network = await openNetwork('auto', spec.model, spec.training, data);
  const outline = outlineModel(spec.model, [1], 1),
    slotCount = network.readState().slots.length / outline.parameterCount;
  const counts: CollapseCounts = {
    runs: seeds,
    bornConstant: 0,
    collapsed: 0,
    fitted: 0,
    disagreements: 0,
    engine: `${network.engine.name} (${network.engine.backend})`,
  };

  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    network.writeState(initialState(outline, slotCount, seed, undefined));
    if (isConstant(await network.predict(data.inputs as Float32Array))) counts.bornConstant++;
    const order = new Random(seed, 'order');
    for (let step = 0; step < steps; step += CHUNK) {
      const length = Math.min(CHUNK, steps - step);
      const indices = Int32Array.from({ length: length * BATCH }, () => order.below(data.sampleCount));
      await network.train({ indices, batchSize: BATCH, learningRates: new Float64Array(length).fill(1e-3) });
    }
    const outputs = await network.predict(data.inputs as Float32Array),
      hasCollapsed = isConstant(outputs);
    const { loss } = await network.evaluate(allOf(data));
    const verdict = judge({
      step: steps,
      measurement: await network.inspect(allOf(data)),
      isComplete: true,
      weights: network.weights(),
      layers: spec.model.layers,
      box: null,
      previous: null,
    });
    if (hasCollapsed) counts.collapsed++;
    if (loss < 0.025) counts.fitted++; // the variance of |x| is 0.25
    const isEither =
      verdict.layers.some(isFading) || isUnheard(verdict.layers.at(-1)!, network.weights().at(-1)!, outputs[0]!);
    if (verdict.layers.some(isBlocked) !== hasCollapsed && !(hasCollapsed && isEither)) counts.disagreements++;
  }
  await network.close();
  return counts;
}

const FAINT = 1e-5;
const isFading = ({ neurons }: LayerHealth): boolean =>
  neurons.every(({ outputRange, meanAbs }) => outputRange! <= FAINT * meanAbs!);

/** Whether, by the verdict, the neurons of the last hidden layer can hardly move the output away from its bias. */
const isUnheard = ({ neurons }: LayerHealth, { kernel }: LayerWeights, output: number): boolean =>
  neurons.reduce((sum, { outputRange }, j) => sum + outputRange! * Math.abs(kernel[j]!), 0) <= FAINT * Math.abs(output);

function isConstant(outputs: Float32Array): boolean {
  let low = Infinity,
    high = -Infinity;
  for (const value of outputs) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low <= 1e-6 * Math.max(Math.abs(low), Math.abs(high));
}
