/** Networks opened on the engine for a check. */
import { openNetwork } from '../../src/engine/open-network.ts';
import type { Network, TrainingData } from '../../src/engine/network.ts';
import { readJob } from '../../src/jobs/index.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';

/** Regression on the given rows of numbers, not normalised. */
export function regressionData(inputs: Float32Array, targets: Float32Array, featureCount: number): TrainingData {
  const sampleCount = inputs.length / featureCount;
  return {
    task: 'regression',
    sampleCount,
    featureCount,
    outputCount: targets.length / sampleCount,
    inputs,
    targets,
    normalization: null,
    targetNormalization: null,
    classWeights: null,
  };
}

export interface Design {
  layers: unknown[];
  output?: unknown;
  training?: Record<string, unknown>;
  initialWeights?: unknown;
}

/** The spec of a job as the service would resolve it: initializers and options filled in. */
export function specFor(
  { layers, output, training = {}, initialWeights }: Design,
  { featureCount, outputCount }: TrainingData,
): JobSpec {
  const row = Array<number>(featureCount).fill(0.5),
    target = Array<number>(outputCount).fill(1);
  const resolved = readJob({
    dataset: {
      inputs: [row, row, row, row],
      targets: [target, target, target, target],
      task: 'regression',
      normalize: 'none',
      validationSplit: 0,
    },
    model: { layers, ...(output ? { output } : {}), ...(initialWeights ? { initialWeights } : {}) },
    training: { seed: 1, ...training },
  });
  if (!('spec' in resolved)) throw new Error(`The job is not valid: ${JSON.stringify(resolved.details)}`);
  return resolved.spec;
}

export interface Opened {
  network: Network;
  spec: JobSpec;
  data: TrainingData;
}

export async function open(design: Design, data: TrainingData): Promise<Opened> {
  const spec = specFor(design, data);
  return { network: await openNetwork('auto', spec.model, spec.training, data), spec, data };
}

export const allOf = ({ sampleCount }: TrainingData): Int32Array =>
  Int32Array.from({ length: sampleCount }, (_, i) => i);
