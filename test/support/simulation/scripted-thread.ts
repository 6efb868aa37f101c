/** A training thread that follows a script: it speaks the protocol, takes a step in each chunk, and never computes. */
import type { EngineThreadListener } from '../../../src/queue/engine-thread.ts';
import type { LaunchTraining } from '../../../src/queue/training-thread.ts';
import type { StartOrder, ThreadOrder, ThreadReport, WarmNotice } from '../../../src/schemas/index.ts';
import type { Progress, RunEvent } from '../../../src/vocabulary/index.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

export interface Script {
  steps: number;
  /** Steps between two checkpoints. */
  checkpointEvery: number;
  /** The thread crashes at this step of the first attempt. */
  crashesAt?: number;
}

const START_MS = 20;
const CHUNK_MS = 60;
const OUTCOMES = { pause: 'paused', cancel: 'cancelled', yield: 'yielded' } as const;
const ENGINE = { name: 'tensorflow', version: '0', backend: 'simulated' } as const;

/** What a step measures: the same in every attempt. */
export const lossAt = (step: number): number => 1 / (step + 1);

export const scriptedThreads =
  (world: World, process: SimulatedProcess, script: Script): LaunchTraining =>
  (_options, listener) =>
    new ScriptedThread(world, process, script, listener);

class ScriptedThread {
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #script: Script;
  readonly #listener: EngineThreadListener<ThreadReport | WarmNotice>;
  #orders: Exclude<ThreadOrder, StartOrder>['type'][] = [];
  #isHeld = false;
  #isOver = false;
  #step = 0;
  #reported = -1;
  #attempt = 0;

  constructor(
    world: World,
    process: SimulatedProcess,
    script: Script,
    listener: EngineThreadListener<ThreadReport | WarmNotice>,
  ) {
    this.#world = world;
    this.#process = process;
    this.#script = script;
    this.#listener = listener;
  }

  postMessage(message: unknown): void {
    const order = message as ThreadOrder;
    if (order.type !== 'start') {
      this.#orders.push(order.type);
      return;
    }
    this.#orders = [];
    this.#isHeld = this.#isOver = false;
    this.#step = order.checkpoint?.[0] ?? 0;
    this.#reported = order.reported.metrics;
    this.#attempt = order.attempt;
    this.#later(START_MS, () => {
      this.#report({ type: 'started', engine: ENGINE, progress: this.#progress, summary: {} });
      if (order.attempt > 1) this.#report(this.#event('RUN_RESUMED'));
      this.#later(CHUNK_MS, () => this.#chunk());
    });
  }

  unref(): void {}

  terminate(): Promise<void> {
    this.#isOver = true;
    return Promise.resolve();
  }

  #chunk(): void {
    for (let next = this.#orders.shift(); next; next = this.#orders.shift()) {
      if (next === 'hold' || next === 'release') this.#isHeld = next === 'hold';
      else if (next === 'pause' || next === 'cancel' || next === 'yield') return this.#stop(next);
    }
    if (this.#attempt === 1 && this.#step === this.#script.crashesAt) return this.#crash();
    if (!this.#isHeld) {
      this.#train();
      if (this.#step === this.#script.steps) return this.#finish('succeeded');
    }
    this.#later(CHUNK_MS, () => this.#chunk());
  }

  #train(): void {
    const step = this.#step++;
    if (step > this.#reported) this.#report({ type: 'metrics', steps: [step], values: { loss: [lossAt(step)] } });
    this.#report({
      type: 'snapshot',
      step: this.#step,
      epoch: 0,
      samples: 1,
      layers: [{ name: 'dense_1', units: 1, activation: 'relu' }],
      data: Float32Array.from([0.5, 0, 1]),
    });
    this.#report({ type: 'progress', progress: this.#progress, summary: { loss: lossAt(step) } });
    if (this.#step % this.#script.checkpointEvery === 0 && this.#step < this.#script.steps) this.#checkpoint(false);
  }

  #stop(order: keyof typeof OUTCOMES): void {
    if (order !== 'cancel') this.#checkpoint(false);
    this.#finish(OUTCOMES[order]);
  }

  #finish(outcome: 'succeeded' | (typeof OUTCOMES)[keyof typeof OUTCOMES]): void {
    if (outcome === 'succeeded') this.#checkpoint(true);
    this.#isOver = true;
    this.#report({ type: 'finished', outcome, progress: this.#progress, summary: {}, evaluation: null });
  }

  #checkpoint(isFinal: boolean): void {
    const state = Uint8Array.of(this.#step);
    this.#report({
      type: 'checkpoint',
      step: this.#step,
      epoch: 0,
      isFinal,
      isBest: false,
      keep: 0,
      best: null,
      state,
    });
  }

  get #progress(): Progress {
    return { epoch: 0, epochs: 1, step: this.#step, steps: this.#script.steps };
  }

  #event(code: RunEvent['code']): ThreadReport {
    return { type: 'event', step: this.#step, event: { code, level: 'info', message: code } };
  }

  #report(report: ThreadReport): void {
    this.#listener.onMessage(report);
  }

  #later(ms: number, step: () => void): void {
    const unlessOver = (then: () => void) => (): void => {
      if (!this.#isOver) then();
    };
    this.#world.addThreadTimer(
      this.#process,
      ms,
      unlessOver(step),
      unlessOver(() => this.#crash()),
    );
  }

  #crash(): void {
    this.#isOver = true;
    this.#world.threadCrashes += 1;
    this.#listener.onExit(1);
  }
}
