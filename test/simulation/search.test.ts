/**
 * Queue, leases, log, recorder and sockets under a simulated clock, scheduler and failing store: see docs/reliability.md.
 * `npm run bench:search` searches further.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HUNTS } from '../support/simulation/defects.ts';
import type { Defect } from '../support/simulation/model-database.ts';
import { SCENARIOS } from '../support/simulation/scenarios.ts';
import { describeFailure, explore, replay, wander, type Bounds, type Searched } from '../support/simulation/search.ts';

const ONE: Bounds = { delays: 1, faults: 1, placed: 1, all: 1 };
const TWO: Bounds = { delays: 1, faults: 1, placed: 1, all: 2 };
const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

function demandNothing({ failure }: Searched): void {
  if (failure) assert.fail(describeFailure(failure));
}
const count = (searched: Searched): string => `${searched.schedules} schedules, ${searched.decisions} decisions`;

describe('every schedule with one thing out of the ordinary keeps the promises', () => {
  for (const scenario of Object.values(SCENARIOS))
    test(scenario.name, async (t) => {
      const searched = await explore(scenario, ONE);
      demandNothing(searched);
      assert.ok(searched.isWhole);
      t.diagnostic(count(searched));
    });
});

test('two workers, one run: every schedule with one crash and one thing out of order keeps the promises', async (t) => {
  const faults = { crashes: true, freezes: false, failures: false, threadCrashes: false };
  const script = { steps: 1, checkpointEvery: 1 };
  const searched = await explore({ ...SCENARIOS['two workers'], faults, script }, TWO);
  demandNothing(searched);
  assert.ok(searched.isWhole);
  t.diagnostic(count(searched));
});

describe('random schedules with up to three faults keep the promises', () => {
  for (const scenario of Object.values(SCENARIOS))
    test(scenario.name, async (t) => {
      const searched = await wander(scenario, { seeds: seeds(40), mostFaults: 3 });
      demandNothing(searched);
      t.diagnostic(count(searched));
    });
});

describe('the search finds', () => {
  for (const [defect, { scenario, bounds, violation }] of Object.entries(HUNTS))
    test(defect, async (t) => {
      const searched = await explore(scenario, bounds, { defect: defect as Defect });
      const { failure, schedules } = searched;
      assert.ok(failure, `not found in ${schedules} schedules`);
      assert.match(failure.violation, violation);
      const again = await replay(scenario, failure.schedule, failure.defect);
      assert.deepEqual(
        [again.violation, again.trace],
        [failure.violation, failure.trace],
        'a schedule repeats what it found',
      );
      t.diagnostic(`schedule ${schedules}: ${failure.violation.split('\n')[0]}`);
    });
});

test('random schedules find an append that is written twice, and only what is needed for it is left', async () => {
  const defect = 'appends without a look at what was written before';
  const { failure } = await wander(SCENARIOS['two workers'], { seeds: seeds(500), mostFaults: 3, defect });
  assert.ok(failure);
  assert.ok(failure.schedule.length <= 2, describeFailure(failure));
  const again = await replay(SCENARIOS['two workers'], failure.schedule, defect);
  assert.equal(again.violation, failure.violation);
});
