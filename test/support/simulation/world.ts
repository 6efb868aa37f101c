/**
 * The world in which processes are simulated: one clock, and at every moment the list of what may happen next. Nothing
 * happens but what is chosen from this list, so a list of choices is a schedule, and repeats it exactly.
 */
import { DatabaseUnavailable } from '../../../src/store/postgres/availability.ts';
import { mix } from './digest.ts';
import { SimulatedProcess, type Ambience, type Notice, type Operation } from './simulated-process.ts';
import { drained, setHost, type SimulatedTimer } from './simulated-time.ts';

/**
 * What a choice takes of the bounds of a search. Null: what happens if nothing is out of the ordinary. delay: what waits
 * longest waits on. fault: something breaks. placed: what comes some time comes now.
 */
export type Cost = 'delay' | 'fault' | 'placed' | null;
type Take = () => void | Promise<void>;

export interface Choice {
  label: string;
  cost: Cost;
  take: Take;
}

/** What may break. */
export interface Faults {
  crashes: boolean;
  freezes: boolean;
  failures: boolean;
  threadCrashes: boolean;
}

/** How long a frozen process stands still, and how late a lost statement takes effect, unless a schedule places these. */
const FROZEN_MS = 1600;
const LATE_MS = 1600;
const RESTART_MS = 50;
/** What waits is not put off for longer than this by what time brings. */
const LONGEST_WAIT_MS = 1000;

interface Step {
  label: string;
  born: number;
  /** Null: it waits now. */
  due: number | null;
  /** It may come at any time. */
  isEvent: boolean;
  take: Take;
  faults: () => Omit<Choice, 'cost'>[];
}
const NO_FAULTS = (): Omit<Choice, 'cost'>[] => [];

export class World implements Ambience {
  now = 0;
  /** What has happened, in words. */
  readonly trace: string[] = [];
  faultCount = 0;
  threadCrashes = 0;
  /** What was noticed while a process ran. */
  violation: string | null = null;
  readonly processes: SimulatedProcess[] = [];
  readonly #events: Step[] = [];
  readonly #faults: Faults;
  /** How a thread ends instead of going on, by the timer with which it goes on. */
  readonly #threads = new Map<SimulatedTimer, () => void>();
  /** Transactions whose end the server has not read yet, and whose client has gone. They hold the rows that they changed. */
  readonly #open: Operation[] = [];
  readonly #onCrash: (process: SimulatedProcess) => Promise<void>;
  #births = 0;
  /** Of everything that has changed the database. */
  #changes = 0;

  /** `onCrash`: another process is to take the place of one that has died. */
  constructor(faults: Faults, onCrash: (process: SimulatedProcess) => Promise<void>) {
    this.#faults = faults;
    this.#onCrash = onCrash;
  }

  born(): number {
    return this.#births++;
  }

  start(name: string): SimulatedProcess {
    const process = new SimulatedProcess(name, `process_${name}_${this.processes.length}`, this);
    this.processes.push(process);
    return process;
  }

  isPresent(presence: string): boolean {
    return this.processes.some((process) => process.presence === presence && process.state !== 'dead');
  }

  /** Runs a part of a process, until it waits for something again. */
  async enter(process: SimulatedProcess, part: () => void): Promise<void> {
    setHost(process);
    part();
    await drained();
    setHost(null);
  }

  /** Something that happens once, after `ms`, or wherever a schedule places it. */
  after(ms: number, label: string, take: Take): void {
    const event: Step = {
      label,
      born: this.born(),
      due: this.now + ms,
      isEvent: true,
      take: () => {
        this.#events.splice(this.#events.indexOf(event), 1);
        return take();
      },
      faults: NO_FAULTS,
    };
    this.#events.push(event);
  }

  /** A timer of a thread of the process, which may crash instead. */
  addThreadTimer(process: SimulatedProcess, ms: number, step: () => void, crash: () => void): void {
    const timer = process.addTimer(ms, step);
    this.#threads.set(timer, crash);
  }

  /** Something is still to happen to the world. */
  get isEventful(): boolean {
    return this.#events.length > 0;
  }
  /** Nothing goes on but what time brings. */
  get isQuiet(): boolean {
    return this.#steps().every(({ due }) => due !== null);
  }

  /** Worlds with the same digest go on in the same way. */
  get digest(): string {
    const processes = this.processes.map(({ state, history }) => `${state}${history}`);
    const events = this.#events.map(({ label, due }) => `${label}${due}`);
    return [this.now, this.#changes, ...processes, ...events].join(' ');
  }

  /** What may happen next. The first one is what happens if nothing is out of the ordinary. */
  choices(): Choice[] {
    const [first, ...later] = this.#steps();
    if (!first) return [];
    const others = later.filter(
      ({ due, isEvent }) => isEvent || (due ?? 0) <= Math.max(this.now, first.due ?? 0) + LONGEST_WAIT_MS,
    );
    return [
      { label: first.label, cost: null, take: this.#inTime(first) },
      ...others.map((step): Choice =>
        step.isEvent
          ? { label: step.label, cost: 'placed', take: step.take }
          : { label: step.label, cost: 'delay', take: this.#inTime(step) },
      ),
      ...first.faults().map(({ label, take }): Choice => ({
        label,
        cost: 'fault',
        take: () => {
          this.faultCount += 1;
          return take();
        },
      })),
    ];
  }

  #inTime({ due, take }: Step): Take {
    return () => {
      this.now = Math.max(this.now, due ?? 0);
      return take();
    };
  }

  /** What waits, in the order in which it began to; then what time brings, in its order. */
  #steps(): Step[] {
    const waiting: Step[] = [];
    const timed: Step[] = [...this.#events];
    for (const process of this.processes) {
      if (process.state !== 'alive') continue;
      for (const operation of process.operations) waiting.push(this.#operation(operation));
      for (const queue of [process.hints, process.immediates])
        if (queue[0]) waiting.push(this.#notice(process, queue, queue[0]));
      if (process.nextTimer) timed.push(this.#timer(process, process.nextTimer));
    }
    waiting.sort((a, b) => a.born - b.born);
    timed.sort((a, b) => (a.due ?? 0) - (b.due ?? 0) || a.born - b.born);
    return [...waiting, ...timed];
  }

  #operation(operation: Operation): Step {
    const { process, name, born } = operation;
    const isAnswer = operation.outcome !== null;
    return {
      label: isAnswer ? `${process.name} hears: ${name}` : `${process.name}: ${name}`,
      born,
      due: null,
      isEvent: false,
      take: async () => {
        await this.#perform(operation);
        await this.#answer(operation);
      },
      faults: isAnswer ? NO_FAULTS : () => this.#faultsOf(operation),
    };
  }

  #notice(process: SimulatedProcess, queue: Notice[], { label, born, run }: Notice): Step {
    return {
      label: `${process.name} ${label}`,
      born,
      due: null,
      isEvent: false,
      take: () => {
        queue.shift();
        process.remember(label, this.now);
        return this.enter(process, run);
      },
      faults: NO_FAULTS,
    };
  }

  #timer(process: SimulatedProcess, timer: SimulatedTimer): Step {
    const crash = this.#threads.get(timer);
    const fire = (label: string, run: () => void) => (): Promise<void> => {
      process.removeTimer(timer);
      this.#threads.delete(timer);
      process.remember(label, this.now);
      return this.enter(process, run);
    };
    return {
      label: `${process.name}: ${crash ? 'the thread goes on' : 'a timer'}`,
      born: timer.born,
      due: timer.due,
      isEvent: false,
      take: fire('timer', timer.callback),
      faults: () =>
        crash && this.#faults.threadCrashes
          ? [{ label: `${process.name}: THE THREAD CRASHES`, take: fire('crash', crash) }]
          : [],
    };
  }

  #faultsOf(operation: Operation): Omit<Choice, 'cost'>[] {
    const { process, isWrite } = operation;
    const { failures, crashes, freezes } = this.#faults;
    const what = `${process.name}: ${operation.name}`;
    const faults: Omit<Choice, 'cost'>[] = [];
    const add = (isPossible: boolean, label: string, take: Take): void => {
      if (isPossible) faults.push({ label: `${what}, ${label}`, take });
    };
    const performed = (then: () => void | Promise<void>) => async (): Promise<void> => {
      await this.#perform(operation);
      await then();
    };
    const late = (then: () => void | Promise<void>) => async (): Promise<void> => {
      this.#lose(operation);
      await then();
    };
    const fail = (): Promise<void> => this.#fail(operation);
    const crash = (): void => this.crash(process);
    const freeze = (): void => this.#freeze(process);
    add(failures, 'FAILS', fail);
    add(failures && isWrite, 'FAILS AFTER ITS EFFECT', performed(fail));
    add(failures && isWrite, 'FAILS BEFORE ITS EFFECT', late(fail));
    add(crashes, 'CRASH', crash);
    add(crashes && isWrite, 'CRASH AFTER ITS EFFECT', performed(crash));
    add(crashes && isWrite, 'CRASH BEFORE ITS EFFECT', late(crash));
    add(freezes && isWrite, 'FREEZE', freeze);
    add(freezes, 'FREEZE AFTER ITS EFFECT', performed(freeze));
    return faults;
  }

  async #perform(operation: Operation): Promise<void> {
    if (operation.outcome) return;
    if (operation.isWrite) {
      // Whoever changes a row waits for the transaction that has changed it.
      for (const open of this.#open.splice(0)) await this.#perform(open);
      this.#changes = mix(this.#changes, `${operation.process.name} ${operation.name}`);
    }
    try {
      operation.outcome = { ok: true, value: await operation.effect() };
    } catch (error) {
      operation.outcome = { ok: false, error };
    }
  }

  /** Its client hears nothing of it; it takes effect some time. */
  #lose(operation: Operation): void {
    if (operation.isTransaction) this.#open.push(operation);
    this.after(LATE_MS, `late: ${operation.process.name}: ${operation.name}`, async () => {
      const index = this.#open.indexOf(operation);
      if (index !== -1) this.#open.splice(index, 1);
      await this.#perform(operation);
    });
  }

  async #answer(operation: Operation): Promise<void> {
    const { process, name, outcome } = operation;
    process.operations.splice(process.operations.indexOf(operation), 1);
    process.remember(`${name} ${this.#changes}`, this.now);
    if (outcome) await this.enter(process, () => operation.settle(outcome));
  }

  async #fail(operation: Operation): Promise<void> {
    const { process, name } = operation;
    process.operations.splice(process.operations.indexOf(operation), 1);
    process.remember(`${name} fails`, this.now);
    const error = new DatabaseUnavailable({ kind: 'away', reason: 'The connection was lost.' });
    await this.enter(process, () => operation.settle({ ok: false, error }));
  }

  /** It dies, and another one takes its place. */
  crash(process: SimulatedProcess): void {
    process.die();
    this.after(RESTART_MS, `${process.name} starts again`, () => this.#onCrash(process));
  }

  #freeze(process: SimulatedProcess): void {
    process.state = 'frozen';
    this.after(FROZEN_MS, `${process.name} goes on`, () => {
      process.state = 'alive';
    });
  }
}
