/** The scenarios that are searched. */
import type { Scenario } from './scenario.ts';
import type { Script } from './scripted-thread.ts';

const SCRIPT: Script = { steps: 4, checkpointEvery: 2 };

const TWO_WORKERS: Scenario['processes'] = [
  { name: 'A', threads: 1 },
  { name: 'B', threads: 1 },
];
/** `watcher`: a client reads the log of the run there. */
const serviceAndWorker = (watcher?: 'quick' | 'slow'): Scenario['processes'] => [
  { name: 'service', threads: 0, ...(watcher && { watcher }) },
  { name: 'worker', threads: 1 },
];

/** What a scenario does not say is: a server, no orders, everything may break, and the usual script. */
type Plot = Pick<Scenario, 'processes'> & Partial<Omit<Scenario, 'name'>>;

const named = <Name extends string>(plots: Record<Name, Plot>): Record<Name, Scenario> =>
  Object.fromEntries(
    Object.entries<Plot>(plots).map(([name, plot]): [string, Scenario] => [
      name,
      {
        name,
        kind: 'server',
        orders: [],
        faults: { crashes: true, freezes: true, failures: true, threadCrashes: true },
        script: SCRIPT,
        ...plot,
      },
    ]),
  ) as Record<Name, Scenario>;

export const SCENARIOS = named({
  'two workers': { processes: TWO_WORKERS },
  'a service that is watched, and a worker': { processes: serviceAndWorker('quick') },
  'a slow reader': { processes: serviceAndWorker('slow') },
  'a cancelled run': { processes: serviceAndWorker(), orders: [{ to: 'service', order: 'cancel' }] },
  'a paused and resumed run': {
    processes: serviceAndWorker(),
    orders: [
      { to: 'service', order: 'pause' },
      { to: 'service', order: 'resume' },
    ],
  },
  'a worker that is stopped': { processes: TWO_WORKERS, orders: [{ to: 'A', order: 'stop' }] },
  'a thread that crashes': { processes: TWO_WORKERS, script: { ...SCRIPT, crashesAt: 3 } },
  'one process with an embedded database': {
    kind: 'embedded',
    processes: [{ name: 'service', threads: 1, watcher: 'quick' }],
    orders: [{ to: 'service', order: 'cancel' }],
  },
});
