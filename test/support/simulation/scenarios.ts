/** The scenarios that are searched. */
import type { Scenario } from './scenario.ts';
import type { Script } from './scripted-thread.ts';
import type { Faults } from './world.ts';

const ALL: Faults = { crashes: true, freezes: true, failures: true, threadCrashes: true };
const SCRIPT: Script = { steps: 4, checkpointEvery: 2 };

export const SCENARIOS = {
  'two workers': {
    name: 'two workers',
    kind: 'server',
    processes: [
      { name: 'A', threads: 1 },
      { name: 'B', threads: 1 },
    ],
    orders: [],
    faults: ALL,
    script: SCRIPT,
  },
  'a service that is watched, and a worker': {
    name: 'a service that is watched, and a worker',
    kind: 'server',
    processes: [
      { name: 'service', threads: 0, watcher: 'quick' },
      { name: 'worker', threads: 1 },
    ],
    orders: [],
    faults: ALL,
    script: SCRIPT,
  },
  'a slow reader': {
    name: 'a slow reader',
    kind: 'server',
    processes: [
      { name: 'service', threads: 0, watcher: 'slow' },
      { name: 'worker', threads: 1 },
    ],
    orders: [],
    faults: ALL,
    script: SCRIPT,
  },
  'a cancelled run': {
    name: 'a cancelled run',
    kind: 'server',
    processes: [
      { name: 'service', threads: 0 },
      { name: 'worker', threads: 1 },
    ],
    orders: [{ to: 'service', order: 'cancel' }],
    faults: ALL,
    script: SCRIPT,
  },
  'a paused and resumed run': {
    name: 'a paused and resumed run',
    kind: 'server',
    processes: [
      { name: 'service', threads: 0 },
      { name: 'worker', threads: 1 },
    ],
    orders: [
      { to: 'service', order: 'pause' },
      { to: 'service', order: 'resume' },
    ],
    faults: ALL,
    script: SCRIPT,
  },
  'a worker that is stopped': {
    name: 'a worker that is stopped',
    kind: 'server',
    processes: [
      { name: 'A', threads: 1 },
      { name: 'B', threads: 1 },
    ],
    orders: [{ to: 'A', order: 'stop' }],
    faults: ALL,
    script: SCRIPT,
  },
  'a thread that crashes': {
    name: 'a thread that crashes',
    kind: 'server',
    processes: [
      { name: 'A', threads: 1 },
      { name: 'B', threads: 1 },
    ],
    orders: [],
    faults: ALL,
    script: { ...SCRIPT, crashesAt: 3 },
  },
  'one process with an embedded database': {
    name: 'one process with an embedded database',
    kind: 'embedded',
    processes: [{ name: 'service', threads: 1, watcher: 'quick' }],
    orders: [{ to: 'service', order: 'cancel' }],
    faults: ALL,
    script: SCRIPT,
  },
} satisfies Record<string, Scenario>;
