/**
 * Variations of a case that no rule was written for: other rows, another batch size, length and rate, other widths. The
 * same number draws the same variation.
 */
import { crc32 } from 'node:zlib';
import { Random } from '../../src/random.ts';
import { isObject } from '../../src/vocabulary/index.ts';
import type { Case } from './case.ts';

/** The heading under which they are listed. */
export const VARIATIONS = 'Variations';

/** The share of the rows that stays, of data that come with the job. */
const ROWS = 0.85;
/** Rates and lengths change by at most this factor, up or down. */
const FACTOR = 1.6;

/** What every case writes out. */
interface VariedJob {
  dataset: Record<string, unknown>;
  model: { layers: unknown[] };
  training: { epochs: number; batchSize?: number; optimizer: { learningRate: number } };
}

export function vary(trouble: Case, number: number): Case {
  const random = new Random(number, 'choice', crc32(trouble.name));
  const factor = (): number => FACTOR ** (2 * random.uniform() - 1);
  const { dataset, model, training, ...rest } = trouble.job as VariedJob;
  const isControl = trouble.truth.causeCodes.length === 0;
  return {
    ...trouble,
    name: `${trouble.name}~${number}`,
    group: VARIATIONS,
    seeds: [100 + number],
    job: {
      ...rest,
      dataset: varyRows(dataset, random),
      model: { ...model, layers: model.layers.map((layer) => varyUnits(layer, random)) },
      training: {
        ...training,
        epochs: Math.max(1, Math.round(training.epochs * factor())),
        batchSize: Math.max(1, Math.round((training.batchSize ?? 32) * factor())),
        optimizer: {
          ...training.optimizer,
          // A healthy rate stays where it was.
          learningRate: Number((training.optimizer.learningRate * (isControl ? 1 : factor())).toPrecision(2)),
        },
      },
    },
  };
}

function varyRows(dataset: Record<string, unknown>, random: Random): Record<string, unknown> {
  const { inputs, targets } = dataset;
  const seed = random.below(1000);
  if (!Array.isArray(inputs) || !Array.isArray(targets)) return { ...dataset, seed };
  if (inputs.length < 40) return dataset;
  const isKept = inputs.map(() => random.uniform() < ROWS);
  const kept = (rows: unknown[]): unknown[] => rows.filter((_, n) => isKept[n]);
  return { ...dataset, inputs: kept(inputs), targets: kept(targets), seed };
}

/** Layers of a few units are a trouble of their own. */
function varyUnits(layer: unknown, random: Random): unknown {
  if (!isObject(layer) || typeof layer['units'] !== 'number' || layer['units'] < 12) return layer;
  return { ...layer, units: Math.round(layer['units'] * (0.75 + 0.75 * random.uniform())) };
}
