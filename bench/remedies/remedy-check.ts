/** The replay as a check: what the diagnosis must reach on jobs with a known trouble, and on healthy ones. */
import type { Check, Outcome } from '../verify/check.ts';
import { allCases } from './all-cases.ts';
import { remedyPage } from './page.ts';
import { ratesOf, type RateName } from './rates.ts';
import { replayAll } from './replay-all.ts';
import { vary } from './vary.ts';

/** docs/remedies.md, once the check has run. */
export let remediesPage: string | null = null;

/** Which variation of each case is replayed. */
const VARIATION = 3;

const LEAST: Readonly<Record<RateName, number>> = {
  found: 0.97,
  cause: 0.9,
  first: 0.8,
  two: 0.9,
  three: 0.9,
  best: 0.9,
  controls: 0.95,
};

export const remedyCheck: Check = {
  id: 'remedies',
  setup: 'The first advice on jobs with a known trouble (docs/remedies.md)',
  source: 'Public reports, and jobs made for each cause with the patch that fixes them',
  run: async (scale): Promise<Outcome[]> => {
    const startedAt = performance.now();
    const known = allCases();
    const cases = scale === 'full' ? [...known, ...known.map((trouble) => vary(trouble, VARIATION))] : known;
    const replayed = await replayAll(
      // Those that were drawn from public reports count most.
      cases.map((trouble) => ({
        ...trouble,
        seeds: trouble.seeds.slice(0, scale === 'full' && trouble.source.startsWith('http') ? 2 : 1),
      })),
      { rounds: 3, pieces: 'untilFixed', remedies: false },
    );
    remediesPage = remedyPage(replayed, (performance.now() - startedAt) / 1000);
    return ratesOf(replayed).map(({ name, what, rate: { sum, cases, interval } }) => ({
      quantity: `${what}, of ${cases} cases`,
      expected: [LEAST[name], 1],
      ours: sum / cases,
      tolerance: 0,
      interval,
    }));
  },
};
