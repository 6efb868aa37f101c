/** A short way to write down a case that was made for the bench. */
import type { CauseCode, InlineData, Job, LayerJob } from '../../../src/vocabulary/index.ts';
import type { Case, Success } from '../case.ts';

export interface Recipe {
  name: string;
  /** Where the report was published, for a case that was rebuilt from one. */
  source?: string;
  essence: string;
  /** Rows, with options of the data set beside them; or the options of a built-in one. */
  data: InlineData | { name: string };
  options?: Record<string, unknown>;
  layers: LayerJob[];
  output?: Job['model']['output'];
  training: Record<string, unknown>;
  engine?: Job['engine'];
  seeds?: number[];
  metric: Success['metric'];
  atLeast: number;
  /** Which causes are right; none for a control. */
  causes: CauseCode[];
  fixes: Record<string, unknown>;
}

export const made = ({
  source,
  data,
  options,
  layers,
  output,
  training,
  engine,
  seeds = [1, 2],
  metric,
  atLeast,
  causes,
  fixes,
  ...words
}: Recipe): Case => ({
  ...words,
  group: causes.length === 0 ? 'Controls' : source === undefined ? 'Made for each cause' : 'Reports read later',
  source: source ?? 'made for this bench',
  job: {
    dataset: { ...data, ...options },
    model: { layers, ...(output && { output }) },
    training,
    ...(engine && { engine }),
  },
  seeds,
  success: { metric, atLeast },
  truth: { causeCodes: causes, remedyPatches: fixes },
});

type Dense = LayerJob<'dense'>;
export const dense = (units: number, activation: Dense['activation'] = 'relu', more: Partial<Dense> = {}): Dense => ({
  type: 'dense',
  units,
  activation,
  ...more,
});
export const stack = (depth: number, layer: Dense): Dense[] => Array.from({ length: depth }, () => layer);

export const normal = (stddev: number, mean = 0) => ({ type: 'randomNormal', mean, stddev }) as const;
export const uniform = (minval: number, maxval: number) => ({ type: 'randomUniform', minval, maxval }) as const;

/** Patches that people would try. */
export const rate = (learningRate: number) => ({ training: { optimizer: { learningRate } } });
export const epochs = (count: number) => ({ training: { epochs: count } });
export const layers = (...list: LayerJob[]) => ({ model: { layers: list } });
export const bothScaled = { dataset: { normalize: 'standard', normalizeTargets: 'standard' } };
export const targetsScaled = { dataset: { normalizeTargets: 'standard' } };
export const inputsScaled = { dataset: { normalize: 'standard' } };
