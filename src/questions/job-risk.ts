/** The risk of a job before it trains: its own data, and first weights as the engine draws them. */
import { loadDataset } from '../datasets/load.ts';
import type { TrainingData } from '../engine/network.ts';
import { initializeDense } from '../engine/math/initializers.ts';
import { Random } from '../random.ts';
import { hiddenLayers } from '../model/blocks.ts';
import { assessRisk } from '../neurons/index.ts';
import type { Initializer, JobSpec, Risk, StoredDataset } from '../schemas/index.ts';

/** More rows than this are never looked at. */
const ROWS = 512;
/** Orthogonal kernels cost rows x columns^2; above this, normal deviates of the same size stand for them. */
const ORTHOGONAL_WORK = 2e7;

export function assessJobRisk(spec: JobSpec, stored: StoredDataset | null): Risk {
  const { data, trainIndices } = loadDataset(spec.dataset, stored);
  const hidden = hiddenLayers(spec.model.layers);
  const given = spec.model.initialWeights;
  return assessRisk({
    layers: spec.model.layers,
    features: data.featureCount,
    inputs: normalizedRows(data, trainIndices),
    isGiven: given !== undefined,
    draw: (attempt, layer, inputs) => {
      const { units, kernelInitializer, biasInitializer } = hidden[layer]!.spec;
      if (given) {
        return {
          inputs,
          units,
          kernel: Float32Array.from(given.kernels[layer]!.flat()),
          bias: Float32Array.from(given.biases?.[layer] ?? Array<number>(units).fill(0)),
          alpha: given.alphas?.[layer] ?? null,
        };
      }
      const random = new Random(spec.training.seed, 'risk', attempt, layer);
      return {
        inputs,
        units,
        alpha: null,
        ...initializeDense(
          affordable(kernelInitializer, inputs, units),
          biasInitializer,
          { fanIn: inputs, fanOut: units },
          random,
        ),
      };
    },
  });
}

function affordable(initializer: Initializer, inputs: number, units: number): Initializer {
  const [fewer, more] = inputs < units ? [inputs, units] : [units, inputs];
  if (initializer.type !== 'orthogonal' || fewer * fewer * more <= ORTHOGONAL_WORK) return initializer;
  return { type: 'randomNormal', mean: 0, stddev: (initializer.gain ?? 1) / Math.sqrt(more) };
}

/** Rows spread over the training samples, as the network sees them. */
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
