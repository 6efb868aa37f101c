/** What is simulated: processes of the service, one run, the orders of a client, and what may break. */
import type { Hint } from '../../../src/store/store.ts';
import type { Log } from '../../../src/queue/log.ts';
import { TrainingQueue } from '../../../src/queue/run-queue.ts';
import { Counters } from '../../../src/telemetry/counters.ts';
import { LogBroadcaster } from '../../../src/telemetry/log-broadcaster.ts';
import { outageBehind } from '../../../src/store/postgres/availability.ts';
import { RelumineError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/store.ts';
import { jobSpec, progressAt } from '../runs.ts';
import { ModelDatabase, type Defect } from './model-database.ts';
import { modelStore } from './model-store.ts';
import { scriptedThreads, type Script } from './scripted-thread.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { Watcher } from './watcher.ts';
import { World, type Faults } from './world.ts';

/** stop: the process ends in order, and nobody takes its place. */
export type ClientOrder = 'pause' | 'resume' | 'cancel' | 'stop';

export interface Scenario {
  name: string;
  kind: Store['kind'];
  /** `threads`: 0 of a process that takes requests only. `watcher`: a client reads the log of the run there. */
  processes: readonly { name: string; threads: number; watcher?: 'quick' | 'slow' }[];
  /** One after the other; each may come at any time after the one before was answered. */
  orders: readonly { to: string; order: ClientOrder }[];
  faults: Faults;
  script: Script;
}

export interface Answer {
  order: ClientOrder;
  /** The status of the run as answered, or the code of the error. */
  outcome: string;
}

const HEARTBEAT_MS = 200;
const SILENT_MS = 1000;
const ABSENT_MS = 400;
const ANSWER_MS = 600;
const LOOK_MS = 500;
const READ_ON_MS = 100;
/** When a client gives its next order, unless a schedule places it. */
const ORDER_MS = 150;
/** After its end the run is watched for this long, for what should not come any more. */
const AFTERMATH_MS = 300;
export const RUN_ID = 'run_simulated';

export class Simulation {
  readonly world: World;
  readonly database: ModelDatabase;
  readonly scenario: Scenario;
  readonly answers: Answer[] = [];
  readonly watchers = new Map<string, Watcher>();
  readonly #queues = new Map<string, { process: SimulatedProcess; queue: TrainingQueue }>();
  readonly #stopped = new Set<string>();
  #ordersGiven = 0;
  #states = 0;
  #overAt: number | null = null;

  constructor(scenario: Scenario, defect: Defect | null) {
    this.scenario = scenario;
    this.world = new World(scenario.faults, ({ name }) => this.#boot(name));
    this.database = new ModelDatabase(this.world, defect);
  }

  async begin(): Promise<void> {
    this.database.create(RUN_ID, jobSpec(), progressAt(0, this.scenario.script.steps));
    for (const { name, watcher } of this.scenario.processes) {
      if (watcher) this.watchers.set(name, new Watcher(this.database, RUN_ID, (violation) => this.#note(violation)));
      await this.#boot(name);
    }
    this.#expectOrder();
  }

  /** Nothing more is to be expected. */
  get isSettled(): boolean {
    const { world } = this;
    if (!this.#isOver || world.isEventful) {
      this.#overAt = null;
      return false;
    }
    this.#overAt ??= world.now;
    return world.now >= this.#overAt + AFTERMATH_MS && world.isQuiet;
  }

  get #isOver(): boolean {
    const status = this.database.state(RUN_ID)?.status;
    const isWaiting = this.#ordersGiven < this.scenario.orders.length || this.answers.length < this.#ordersGiven;
    if (isWaiting || status === undefined || status === 'queued' || status === 'running') return false;
    return status === 'paused' || [...this.watchers.values()].every(({ isOver }) => isOver);
  }

  readonly #log: Log = {
    info: () => undefined,
    warn: ({ err }: { err?: unknown }) => this.#expectOutage(err),
    error: ({ err }: { err?: unknown }) => this.#expectOutage(err),
    child: () => this.#log,
  };

  /** Whatever fails other than the database is a fault of the service. */
  #expectOutage(error: unknown): void {
    if (error === undefined || outageBehind(error)) return;
    this.#note(`an unexpected error: ${error instanceof Error ? error.stack : JSON.stringify(error)}`);
  }

  #note(violation: string): void {
    this.world.violation ??= violation;
  }

  async #boot(name: string): Promise<void> {
    const { scenario, world, database } = this;
    const { kind } = scenario;
    const process = world.start(name);
    const { threads, watcher } = scenario.processes.find((each) => each.name === name) ?? { threads: 0 };
    const others = (): SimulatedProcess[] =>
      world.processes.filter((each) => each !== process && each.state !== 'dead');
    const notify = (hint: Hint): void => {
      for (const other of others()) if (this.#isConcerned(other, hint)) other.hear(hint);
    };
    const newStateName = (): string => `state_${String(this.#states++).padStart(6, '0')}`;
    const store = modelStore({
      kind,
      database,
      process,
      isConcerned: (hint) => this.#isConcerned(process, hint),
      notify,
      newStateName,
      onViolation: (violation) => this.#note(violation),
    });
    await world.enter(process, () => {
      const counters = new Counters();
      const broadcaster = new LogBroadcaster({
        store,
        counters,
        lookMs: LOOK_MS,
        onError: (error) => this.#expectOutage(error),
      });
      const queue = new TrainingQueue({
        store,
        broadcaster,
        counters,
        log: this.#log,
        workers: threads,
        launch: scriptedThreads(world, process, scenario.script),
        heartbeatMs: HEARTBEAT_MS,
        silentMs: SILENT_MS,
        absentMs: ABSENT_MS,
        answerMs: ANSWER_MS,
        yieldMs: ANSWER_MS,
      });
      this.#queues.set(name, { process, queue });
      // A service that cannot start ends, and is started again.
      queue.start().catch(() => world.crash(process));
      const readOn = (drained: () => void): void => this.#readOn(process, drained);
      this.watchers.get(name)?.connect(broadcaster, watcher === 'slow' ? readOn : null);
    });
  }

  #readOn(process: SimulatedProcess, drained: () => void): void {
    const { world } = this;
    world.after(READ_ON_MS, `the reader of ${process.name} reads on`, async () => {
      if (process.state === 'frozen') return this.#readOn(process, drained);
      if (process.state === 'dead') return;
      process.remember('drained', world.now);
      await world.enter(process, drained);
    });
  }

  /** Who neither reads the log nor waits for an answer would do nothing with the news of it. */
  #isConcerned({ name }: SimulatedProcess, hint: Hint): boolean {
    return hint.type !== 'appended' || this.watchers.has(name) || this.scenario.orders.some(({ to }) => to === name);
  }

  #expectOrder(): void {
    const next = this.scenario.orders[this.#ordersGiven];
    if (!next) return;
    const { order, to } = next;
    this.world.after(ORDER_MS, `order: ${order}`, async () => {
      this.#ordersGiven += 1;
      const target = this.#queues.get(to);
      if (!target || target.process.state === 'dead') return this.#answered(order, 'CONNECTION_REFUSED');
      target.process.remember(`order ${order}`, this.world.now);
      this.#awaitAnswer(target.process, order);
      await this.world.enter(target.process, () => {
        give(target.queue, order).then(
          (outcome) => {
            if (order === 'stop') target.process.die();
            this.#answered(order, outcome);
          },
          (error: unknown) => {
            if (!(error instanceof RelumineError)) this.#note(`an order failed: ${String(error)}`);
            else this.#answered(order, error.code);
          },
        );
      });
    });
  }

  #pending: { process: SimulatedProcess; order: ClientOrder } | null = null;

  #awaitAnswer(process: SimulatedProcess, order: ClientOrder): void {
    this.#pending = { process, order };
    if (order === 'stop') this.#stopped.add(process.name);
  }

  /** The connection of a client ends with the process. */
  noticeDeaths(): void {
    if (this.#pending?.process.state === 'dead') this.#answered(this.#pending.order, 'CONNECTION_LOST');
  }

  #answered(order: ClientOrder, outcome: string): void {
    this.#pending = null;
    this.answers.push({ order, outcome });
    this.#expectOrder();
  }
}

async function give(queue: TrainingQueue, order: ClientOrder): Promise<string> {
  if (order !== 'stop') return (await queue[order](RUN_ID)).status;
  await queue.stop();
  return 'stopped';
}
