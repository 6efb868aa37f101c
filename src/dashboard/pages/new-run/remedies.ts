/** Remedies that can be applied to a job before it trains. The changes are the ones that a diagnosis advises. */
import { remedyPatch } from '../../../neurons/index.ts';
import { ADVICE_LABELS, mergePatch, type AdviceCode } from '../../../vocabulary/index.ts';
import { fillIn, type Draft } from './fill-in.ts';

/** Remedies that need no measurements and no number of steps. */
export const REMEDIES = [
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'randomizedAsymmetric',
  'positiveBias',
  'batchNormalization',
  'layerNormalization',
  'reduceLearningRate',
  'clipGradients',
  'normalizeInputs',
] as const satisfies readonly AdviceCode[];
export type RemedyCode = (typeof REMEDIES)[number];

/** The job with the remedy applied and named in its name and tags; null if the remedy does not apply to this job. */
export function applyRemedy(job: Draft, code: RemedyCode): Draft | null {
  const spec = fillIn(job);
  const patch = remedyPatch(code, spec, 0);
  if (patch === null) return null;
  // A patch assumes that defaults are filled in, so they are in the parts that it changes. Loss and seed stay open.
  const { optimizer, schedule } = spec.training;
  const whole = { dataset: job.dataset, model: spec.model, training: { ...job.training, optimizer, schedule } };
  const changed = mergePatch(whole, patch) as Record<string, unknown>;
  const parts = Object.fromEntries(Object.keys(patch).map((key) => [key, changed[key]]));
  const name = [job.name, ADVICE_LABELS[code].toLowerCase()].filter(Boolean).join(', ');
  return { ...job, ...parts, name, tags: [...(job.tags ?? []), code] };
}
