/**
 * A training thread that does not train. It speaks the protocol, counts steps, and behaves as the run's metadata says.
 * `chunks` of ten steps take `chunkMs` each, with a checkpoint after every `checkpointChunks`. `gate` and `gateAt`: at
 * that step it waits for the test to open the gate, while still following orders. `behaviour`: 'deaf' follows no
 * orders; 'throw', 'exit' and 'heap' end the thread at step `at`, 'kill' ends the whole process; 'slowStart' reports
 * `started` only after the gate has opened. When told to warm up, it writes the file WARM_NOTE.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { threadPort } from '../../src/engine/thread-port.ts';
import type { StartOrder, ThreadOrder, ThreadReport, WarmNotice } from '../../src/schemas/index.ts';
import type { Progress } from '../../src/vocabulary/index.ts';

const port = threadPort();
const STEPS_PER_CHUNK = 10;
const report = (message: ThreadReport): void => port.postMessage(message);

let orders: Exclude<ThreadOrder, { type: 'start' | 'warm' }>['type'][] = [];
let wake: (() => void) | null = null;

port.on('message', (order: ThreadOrder) => {
  if (order.type === 'start') {
    orders = [];
    void train(order);
  } else if (order.type === 'warm') {
    const note = process.env['WARM_NOTE'];
    if (note) writeFileSync(note, '');
    port.postMessage({ type: 'warm' } satisfies WarmNotice);
  } else {
    orders.push(order.type);
    wake?.();
  }
});

async function train(order: StartOrder): Promise<void> {
  const { metadata, training } = order.spec;
  const number = (key: string, byDefault: number): number => Number(metadata[key] ?? byDefault);
  const chunks = number('chunks', 20);
  const steps = chunks * STEPS_PER_CHUNK;
  const at = number('at', Infinity);
  const { gate } = metadata;
  const isAtGate = (): boolean => {
    if (gate === undefined) return false;
    return step >= (existsSync(gate) ? Number(readFileSync(gate, 'utf8')) : number('gateAt', 0));
  };
  let step = order.checkpoint ? new DataView(order.checkpoint.buffer, order.checkpoint.byteOffset).getUint32(0) : 0;
  const progress = (): Progress => ({
    epoch: Math.floor((step / steps) * training.epochs),
    epochs: training.epochs,
    step,
    steps,
  });
  const summary = (): { loss: number } => ({ loss: 1 / (step + 1) });
  const checkpoint = (isFinal: boolean): void => {
    const state = new Uint8Array(4);
    new DataView(state.buffer).setUint32(0, step);
    report({ type: 'checkpoint', step, epoch: progress().epoch, isFinal, isBest: false, keep: 0, best: null, state });
  };

  while (metadata.behaviour === 'slowStart' && isAtGate()) await delay(number('chunkMs', 5));
  report({
    type: 'started',
    engine: { name: 'tensorflow', version: '0', backend: 'rehearsal' },
    progress: progress(),
    summary: {},
  });
  let isHeld = false;
  while (step < steps) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, number('chunkMs', 5));
    });
    for (let next = orders.shift(); next && metadata.behaviour !== 'deaf'; next = orders.shift()) {
      if (next === 'hold' || next === 'release') isHeld = next === 'hold';
      else if (next === 'inspect')
        report({ type: 'event', step, event: { code: 'RUN_RESUMED', level: 'info', message: 'inspected' } });
      else {
        if (next !== 'cancel') checkpoint(false);
        const outcome = ({ pause: 'paused', cancel: 'cancelled', yield: 'yielded' } as const)[next];
        report({ type: 'finished', outcome, progress: progress(), summary: summary(), evaluation: null });
        return;
      }
    }
    if (isHeld || isAtGate()) continue;
    if (step >= at) misbehave(metadata.behaviour);
    const from = step;
    step += STEPS_PER_CHUNK;
    const unreported = Array.from({ length: STEPS_PER_CHUNK }, (_, index) => from + index).filter(
      (s) => s > order.reported.metrics,
    );
    if (unreported.length > 0)
      report({ type: 'metrics', steps: unreported, values: { loss: unreported.map((s) => 1 / (s + 1)) } });
    report({
      type: 'snapshot',
      step,
      epoch: progress().epoch,
      samples: 320,
      layers: [{ name: 'dense_1', units: 2, activation: 'relu' }],
      data: Float32Array.from([0.5, 0, 1, 1, 0, 0]),
    });
    report({ type: 'progress', progress: progress(), summary: summary() });
    if ((step / STEPS_PER_CHUNK) % number('checkpointChunks', 5) === 0) checkpoint(false);
  }
  checkpoint(true);
  report({ type: 'finished', outcome: 'succeeded', progress: progress(), summary: summary(), evaluation: null });
}

function misbehave(behaviour: string | undefined): void {
  if (behaviour === 'throw') throw new Error('a fault of the rehearsal');
  if (behaviour === 'exit') process.exit(3);
  if (behaviour === 'kill') process.kill(process.pid, 'SIGKILL');
  if (behaviour === 'heap') {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 100_000 }, (_, index) => index + 0.5));
  }
}
