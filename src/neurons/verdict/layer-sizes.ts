/** What the evidence of a run's verdicts says about the sizes of weights, gradients and updates. */
import type { LayerSizes } from '../../vocabulary/index.ts';
import { isEvidence } from './evidence.ts';

/**
 * By dense layer, the output layer last, one value per verdict. Verdicts of earlier versions have no moves: their sizes
 * are null, or absent with their layers if no verdict has any.
 */
export function layerSizes(verdicts: readonly { evidence: unknown }[]): LayerSizes[] {
  const evidence = verdicts.map((verdict) => (isEvidence(verdict.evidence) ? verdict.evidence : null));
  const names = evidence.findLast((found) => found?.moves)?.moves?.map(({ name }) => name) ?? [];
  return names.map((name) => {
    const moves = evidence.map((found) => found?.moves?.find((move) => move.name === name));
    return {
      name,
      weightNorm: moves.map((move) => move?.weightNorm ?? null),
      gradientNorm: moves.map((move) => move?.gradientNorm ?? null),
      updateRatio: moves.map((move) => move?.stepChange ?? null),
      meanAbsGradient: evidence.map((found) => found?.layers.find((layer) => layer.name === name)?.gradient ?? null),
    };
  });
}
