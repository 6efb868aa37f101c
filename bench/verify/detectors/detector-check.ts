/** The comparison as a check: our verdict must make no mistake. */
import type { Check, Outcome } from '../check.ts';
import { compareDetectors, type Comparison } from './compare.ts';
import { RELUMINE } from './rules.ts';

/** The latest comparison, for its page. */
export let comparison: Comparison | null = null;

const exact = (quantity: string, expected: number, value: number): Outcome => ({
  quantity,
  expected,
  ours: value,
  tolerance: 0,
});

export const detectorCheck: Check = {
  id: 'detectors',
  setup: 'Our verdict on networks whose dead neurons are known (docs/detectors.md)',
  source: 'The construction of the networks, confirmed on fresh inputs',
  run: async (scale) => {
    comparison = await (scale === 'full'
      ? compareDetectors(
          20_000,
          Array.from({ length: 10 }, (_, i) => i + 1),
        )
      : compareDetectors(5000, [1]));
    const ours = comparison.scores.find(({ rule }) => rule === RELUMINE)!;
    const lost = comparison.networks.reduce((sum, network) => sum + network.lost, 0);
    return [
      exact(`lost neurons found, of ${lost}`, lost, ours.neurons!.hits),
      exact('living neurons called lost', 0, ours.neurons!.falseAlarms),
      exact('dying layers missed', 0, ours.layers.misses),
      exact('healthy layers called dying', 0, ours.layers.falseAlarms),
      ...comparison.networks.map(({ name, diverged, reportedDiverged }) =>
        exact(`reported as diverged: ${name}`, diverged, reportedDiverged),
      ),
    ];
  },
};
