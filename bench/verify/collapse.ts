/**
 * Many networks trained on |x|: how many end as a constant. One network is opened on the engine, and each run starts it
 * from the first weights
 * of another seed; the output layer is drawn as the hidden ones, as in the experiments that are reproduced. It decides
 * the sign of the first errors that
 * come down, and with it how many hidden neurons the first steps push below zero. Run as a process of its own by
 * `collapse-checks.ts`, or in place.
 */
import { drawSynthetic } from '../../src/datasets/synthetic.ts';
import { openNetwork } from '../../src/engine/open-network.ts';
import { initialState } from '../../src/engine/model/initial-state.ts';
import type { LayerWeights } from '../../src/model/measurements.ts';
import { outlineModel } from '../../src/model/outline.ts';
import { judge } from '../../src/neurons/index.ts';
import { isBlocked } from '../../src/neurons/diagnosis/case.ts';
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
  /** The output is the same for every sample, before and after training; judged by predictions. */
  bornConstant: number;
  collapsed: number;
  /** Mean squared error below a tenth of the target's variance. */
  fitted: number;
  /**
   * Runs in which "some layer puts out one number" by the verdict is not what the predictions say. A network that is
   * fading, whose every neuron
   * of some layer varies by less than a hundred thousandth, or moves the output by less, is either: its predictions can
   * be one float32 while its
   * neurons still differ in the last places.
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

/**
 * By what the verdict says of the last hidden layer, its neurons can hardly move the output from where its bias holds
 * it.
 */
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
