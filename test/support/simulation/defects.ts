/** Where the search finds each mechanism that is missing, and with how little going wrong. */
import type { Defect } from './model-database.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Bounds } from './search.ts';
import type { Script } from './scripted-thread.ts';
import type { Faults } from './world.ts';

export interface Hunt {
  scenario: Scenario;
  bounds: Bounds;
  /** What the promise says that does not hold. */
  violation: RegExp;
}

const NONE: Faults = { crashes: false, freezes: false, failures: false, threadCrashes: false };

const FREEZES: Faults = { ...NONE, freezes: true };
const FAILURES: Faults = { ...NONE, failures: true };
const CRASHES: Faults = { ...NONE, crashes: true };
const SHORT: Script = { steps: 2, checkpointEvery: 1 };
const NOTHING: Bounds = { delays: 0, faults: 0, placed: 0, all: 0 };
const A_FAULT: Bounds = { ...NOTHING, faults: 1, all: 1 };
const A_FAULT_IN_TIME: Bounds = { ...NOTHING, faults: 1, placed: 1, all: 2 };

const {
  'two workers': two,
  'a service that is watched, and a worker': watched,
  'a cancelled run': cancelled,
  'a paused and resumed run': resumed,
  'a thread that crashes': crashing,
} = SCENARIOS;

export const HUNTS: Readonly<Record<Defect, Hunt>> = {
  'appends without a look at the attempt': {
    scenario: { ...two, faults: FREEZES },
    bounds: A_FAULT_IN_TIME,
    violation: /step|attempt|was written/,
  },
  'appends without a look at what was written before': {
    scenario: { ...two, faults: FAILURES },
    bounds: A_FAULT,
    violation: /has step 0, and step 1/,
  },
  'claims of runs that others have claimed': { scenario: two, bounds: NOTHING, violation: /does not end/ },
  'claims that keep the attempt': { scenario: resumed, bounds: NOTHING, violation: /attempt 1 after 1/ },
  'transitions from any state': { scenario: cancelled, bounds: A_FAULT, violation: /succeeded became cancelled/ },
  'transitions of any attempt': {
    scenario: { ...crashing, faults: FREEZES, script: { ...SHORT, crashesAt: 1 } },
    bounds: A_FAULT_IN_TIME,
    violation: /that another one had/,
  },
  'requeues of runs whose worker lives': { scenario: two, bounds: A_FAULT, violation: /attempts in a row/ },
  'pages that say more than they have': {
    scenario: { ...watched, faults: CRASHES },
    bounds: A_FAULT,
    violation: /never told|was not told/,
  },
  'hints that are the only news': {
    scenario: { ...watched, faults: CRASHES },
    bounds: A_FAULT,
    violation: /does not end/,
  },
  'states that go while a checkpoint refers to them': { scenario: two, bounds: NOTHING, violation: /has no state/ },
  'states that go when an append fails': {
    scenario: { ...two, faults: FAILURES },
    bounds: A_FAULT,
    violation: /has no state/,
  },
};
