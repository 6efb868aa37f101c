/**
 * Searches the schedules of a scenario for one in which a promise does not hold. First all those that differ from the
 * ordinary one in a few choices (delay-bounded scheduling: Emmi, Qadeer, Rakamarić, POPL 2011; cf. Musuvathi and Qadeer,
 * PLDI 2007), then random ones.
 */
import { randomFrom } from '../random-from.ts';
import { checkEnd } from './promises.ts';
import { Simulation, type Scenario } from './scenario.ts';
import type { Defect } from './model-database.ts';
import { withSimulatedTime } from './simulated-time.ts';
import { Violation } from './violation.ts';
import type { Choice } from './world.ts';

/** At a decision with this number, this choice instead of the first one. */
export type Deviation = readonly [decision: number, choice: number];

/** How many choices of each kind may differ from the ordinary one, and how many in all. */
export interface Bounds {
  delays: number;
  faults: number;
  placed: number;
  all: number;
}

export interface Failure {
  scenario: string;
  defect: Defect | null;
  violation: string;
  schedule: readonly Deviation[];
  trace: readonly string[];
}

export interface Searched {
  schedules: number;
  /** In all of these. */
  decisions: number;
  /** Schedules that ended in a world that another one had been in. */
  joined: number;
  /** Nothing within the bounds is left. */
  isWhole: boolean;
  failure: Failure | null;
}

const MOST_DECISIONS = 4000;
const LONGEST_MS = 60_000;

/** Returns which of the choices is taken; null ends the schedule. */
type Pick = (choices: readonly Choice[], decision: number, simulation: Simulation) => number | null;
interface Played {
  decisions: number;
  violation: string | null;
  trace: readonly string[];
  simulation: Simulation;
}

async function play(scenario: Scenario, defect: Defect | null, pick: Pick): Promise<Played> {
  const simulation = new Simulation(scenario, defect);
  const { world } = simulation;
  let decisions = 0;
  try {
    await simulation.begin();
    for (; !simulation.isSettled; decisions++) {
      if (decisions === MOST_DECISIONS || world.now > LONGEST_MS) throw new Violation('the run does not end');
      const choices = world.choices();
      const index = pick(choices, decisions, simulation);
      if (index === null) return { decisions, violation: null, trace: world.trace, simulation };
      const choice = choices[index];
      if (!choice)
        throw new RangeError(`Decision ${decisions} has no choice ${index}: the schedule is of another version.`);
      world.trace.push(`${decisions} @${world.now} ${choice.cost ? `[${choice.cost}] ` : ''}${choice.label}`);
      await choice.take();
      simulation.noticeDeaths();
      if (world.violation !== null) throw new Violation(world.violation);
    }
    checkEnd(simulation);
    return { decisions, violation: null, trace: world.trace, simulation };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { decisions, violation: error.message, trace: world.trace, simulation };
  }
}

/** Plays one schedule again. */
export async function replay(
  scenario: Scenario,
  schedule: readonly Deviation[],
  defect: Defect | null = null,
): Promise<Played> {
  const chosen = new Map(schedule);
  return withSimulatedTime(() => play(scenario, defect, (_, decision) => chosen.get(decision) ?? 0));
}

interface Limits {
  defect?: Defect | null;
  mostSchedules?: number;
  /** `performance.now()` at which the search ends. */
  until?: number;
  /** Called with the world at the end of each random schedule that keeps the promises. */
  onKept?: (simulation: Simulation) => void;
}

/** All schedules within the bounds, those with fewer deviations first. */
export function explore(
  scenario: Scenario,
  bounds: Bounds,
  { defect = null, mostSchedules = Infinity, until = Infinity }: Limits = {},
): Promise<Searched> {
  const searched: Searched = { schedules: 0, decisions: 0, joined: 0, isWhole: false, failure: null };
  const visited = new Map<string, Bounds[]>();
  let level: { schedule: Deviation[]; left: Bounds }[] = [{ schedule: [], left: bounds }];
  return withSimulatedTime(async () => {
    while (level.length > 0) {
      const next: typeof level = [];
      for (const { schedule, left } of level) {
        if (searched.schedules === mostSchedules || performance.now() > until) return searched;
        const chosen = new Map(schedule);
        const from = (schedule.at(-1)?.[0] ?? -1) + 1;
        let isJoined = false;
        const played = await play(scenario, defect, (choices, decision, { world }) => {
          if (decision < from) return chosen.get(decision) ?? 0;
          if (wasThere(visited, world.digest, left)) {
            isJoined = true;
            return null;
          }
          for (const [index, { cost }] of choices.entries())
            if (cost && left[KINDS[cost]] > 0 && left.all > 0)
              next.push({
                schedule: [...schedule, [decision, index]],
                left: { ...left, [KINDS[cost]]: left[KINDS[cost]] - 1, all: left.all - 1 },
              });
          return 0;
        });
        searched.schedules += 1;
        searched.decisions += played.decisions;
        searched.joined += Number(isJoined);
        const { violation, trace } = played;
        if (violation !== null) {
          searched.failure = { scenario: scenario.name, defect, violation, schedule, trace };
          return searched;
        }
      }
      level = next;
    }
    searched.isWhole = true;
    return searched;
  });
}

const KINDS = { delay: 'delays', fault: 'faults', placed: 'placed' } as const;

/** Whether this world was reached before, with at least as much left to deviate. Notes that it was. */
function wasThere(visited: Map<string, Bounds[]>, digest: string, left: Bounds): boolean {
  const before = visited.get(digest);
  if (!before) {
    visited.set(digest, [left]);
    return false;
  }
  const covers = (other: Bounds): boolean =>
    other.delays >= left.delays && other.faults >= left.faults && other.placed >= left.placed && other.all >= left.all;
  if (before.some(covers)) return true;
  before.push(left);
  return false;
}

/** Random schedules, one for each seed, with up to `mostFaults`. A failing one is reduced to the deviations that it needs. */
export function wander(
  scenario: Scenario,
  {
    seeds,
    mostFaults,
    defect = null,
    until = Infinity,
    onKept = () => undefined,
  }: Limits & { seeds: Iterable<number>; mostFaults: number },
): Promise<Searched> {
  const searched: Searched = { schedules: 0, decisions: 0, joined: 0, isWhole: false, failure: null };
  return withSimulatedTime(async () => {
    for (const seed of seeds) {
      if (performance.now() > until) return searched;
      const random = randomFrom(seed);
      const [delayRate, placeRate, faultRate] = [0.3 * random() ** 2, 0.05 * random(), 0.1 * random()];
      let faults = 0;
      const schedule: Deviation[] = [];
      const played = await play(scenario, defect, (choices, decision) => {
        const draw = random();
        const kind =
          draw < faultRate && faults < mostFaults
            ? 'fault'
            : draw < faultRate + placeRate
              ? 'placed'
              : draw < faultRate + placeRate + delayRate
                ? 'delay'
                : null;
        const possible = [...choices.keys()].filter((index) => choices[index]?.cost === kind);
        const index = kind === null ? 0 : (possible[Math.floor(random() * possible.length)] ?? 0);
        if (index > 0) schedule.push([decision, index]);
        if (index > 0 && kind === 'fault') faults += 1;
        return index;
      });
      searched.schedules += 1;
      searched.decisions += played.decisions;
      if (played.violation === null) {
        onKept(played.simulation);
        continue;
      }
      searched.failure = await reduce(scenario, defect, schedule);
      return searched;
    }
    return searched;
  });
}

/** Leaves out one deviation after the other, as long as a promise does not hold without it either. */
async function reduce(scenario: Scenario, defect: Defect | null, schedule: readonly Deviation[]): Promise<Failure> {
  const tried = async (deviations: readonly Deviation[]): Promise<Played | null> => {
    const chosen = new Map(deviations);
    // What a deviation changes may leave fewer choices to a later one.
    const played = await play(scenario, defect, (choices, decision) => {
      const index = chosen.get(decision) ?? 0;
      return index < choices.length ? index : null;
    });
    return played.violation === null ? null : played;
  };
  let needed = [...schedule];
  let failing = await tried(needed);
  for (let isReduced = true; isReduced;) {
    isReduced = false;
    for (const deviation of [...needed].reverse()) {
      const fewer = needed.filter((other) => other !== deviation);
      const played = await tried(fewer);
      if (!played) continue;
      [needed, failing, isReduced] = [fewer, played, true];
    }
  }
  if (!failing?.violation) throw new Error('A schedule that was repeated had another end: something is not simulated.');
  const { violation, trace } = failing;
  return { scenario: scenario.name, defect, violation, schedule: needed, trace };
}

/** What happened, and how to see it again. */
export function describeFailure({ scenario, defect, violation, schedule, trace }: Failure): string {
  const defects = defect ? `, ${JSON.stringify(defect)}` : '';
  return [
    violation,
    `replay(SCENARIOS[${JSON.stringify(scenario)}], ${JSON.stringify(schedule)}${defects})`,
    ...trace,
  ].join('\n');
}
