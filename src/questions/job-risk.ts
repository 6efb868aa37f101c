/** The risk of a job before it trains, from its own data and from initial weights as the engine draws them. */
import { withWeights } from '../blobs/unpack.ts';
import { loadDataset } from '../datasets/load.ts';
import type { TrainingData } from '../engine/network.ts';
import { initializeDense } from '../engine/math/initializers.ts';
import { Random } from '../random.ts';
import { hiddenLayers, type DenseSpec } from '../model/blocks.ts';
import { assessRisk } from '../neurons/index.ts';
import type { Questions } from '../schemas/index.ts';
import type { InitialWeights, Initializer, Risk } from '../vocabulary/index.ts';

/** The most rows that are used. */
const ROWS = 512;
/** Orthogonal kernels cost rows x columns^2; above this, normal deviates of the same size replace them. */
const ORTHOGONAL_WORK = 2e7;

export function assessJobRisk({ spec, dataset, weights }: Questions['assessRisk']['ask']): Risk {
  const { training } = spec;
  const { data, trainIndices } = loadDataset(spec.dataset, dataset);
  const { layers, initialWeights } = withWeights(spec.model, weights);
  const hidden = hiddenLayers(layers);
  const specOf = (layer: number): DenseSpec => {
    const block = hidden[layer];
    if (!block) throw new RangeError(`The model has no hidden layer ${layer}.`);
    return block.spec;
  };
  return assessRisk({
    layers,
    features: data.featureCount,
    inputs: normalizedRows(data, trainIndices),
    isGiven: initialWeights !== undefined,
    draw: (attempt, layer, inputs) =>
      initialWeights && 'kernels' in initialWeights
        ? givenWeights(initialWeights, layer, inputs, specOf(layer).units)
        : drawWeights(specOf(layer), inputs, new Random(training.seed, 'risk', attempt, layer)),
  });
}

function givenWeights({ kernels, biases, alphas }: InitialWeights, layer: number, inputs: number, units: number) {
  return {
    inputs,
    units,
    kernel: Float32Array.from(kernels[layer]?.flat() ?? []),
    bias: Float32Array.from(biases?.[layer] ?? Array<number>(units).fill(0)),
    alpha: alphas?.[layer] ?? null,
  };
}

function drawWeights({ units, kernelInitializer, biasInitializer }: DenseSpec, inputs: number, random: Random) {
  const fans = { fanIn: inputs, fanOut: units };
  const kernel = affordable(kernelInitializer, inputs, units);
  return { inputs, units, alpha: null, ...initializeDense(kernel, biasInitializer, fans, random) };
}

function affordable(initializer: Initializer, inputs: number, units: number): Initializer {
  const [fewer, more] = inputs < units ? [inputs, units] : [units, inputs];
  if (initializer.type !== 'orthogonal' || fewer * fewer * more <= ORTHOGONAL_WORK) return initializer;
  return { type: 'randomNormal', mean: 0, stddev: (initializer.gain ?? 1) / Math.sqrt(more) };
}

/** Normalised rows, spread evenly over the training samples. */
function normalizedRows({ inputs, featureCount, normalization }: TrainingData, indices: Int32Array): Float32Array {
  const count = Math.min(ROWS, indices.length),
    rows = new Float32Array(count * featureCount);
  for (let n = 0; n < count; n++) {
    const start = indices[Math.floor((n * indices.length) / count)]! * featureCount;
    for (let i = 0; i < featureCount; i++) {
      const raw = inputs[start + i]!;
      rows[n * featureCount + i] =
        normalization === null ? raw : (raw - normalization.shift[i]!) * normalization.scale[i]!;
    }
  }
  return rows;
}
