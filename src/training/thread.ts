/**
 * A training thread: waits for a run, trains it, frees everything but the compiled programs of small networks, and
 * waits for the next. Its messages are defined in
 * schemas/thread.ts.
 */
import { threadPort } from '../engine/thread-port.ts';
import type { StartOrder, ThreadOrder, ThreadReport, WarmNotice } from '../schemas/index.ts';
import { Mailbox } from './mailbox.ts';
import type { RunTools } from './run.ts';

const port = threadPort();

/** Of the current run. */
let mailbox: Mailbox | null = null;
/** While the thread warms up. */
let warming: { mailbox: Mailbox; ended: Promise<void> } | null = null;

port.on('message', (order: ThreadOrder) => {
  if (order.type === 'start') void start(order);
  else if (order.type === 'warm') warm();
  // An order that crossed the run's last report has no receiver.
  else (mailbox ?? warming?.mailbox)?.push(order);
});

async function start(order: StartOrder): Promise<void> {
  if (mailbox !== null) throw new Error('A thread trains one run at a time.');
  const own = (mailbox = new Mailbox());
  warming?.mailbox.push({ type: 'cancel' });
  await warming?.ended;
  const { trainRun } = await import('./train-run.ts');
  await trainRun(order, { mailbox: own, report, openNetwork });
}

function warm(): void {
  const own = new Mailbox();
  warming = { mailbox: own, ended: load(own) };
}

async function load(own: Mailbox): Promise<void> {
  const { warmUp } = await import('./warm-up.ts');
  await warmUp(own, openNetwork);
  warming = null;
  port.postMessage({ type: 'warm' } satisfies WarmNotice);
}

/** Engines are loaded when first needed, as the loop is, so a thread that nobody warms stays small. */
const openNetwork: RunTools['openNetwork'] = async ({ engine, model, training }, data, state, cores) => {
  const { openNetwork: open } = await import('../engine/open-network.ts');
  return open(engine, model, training, data, { state, ...cores });
};

function report(message: ThreadReport): void {
  // The pool may send the next run as soon as it receives this message.
  if (message.type === 'finished') mailbox = null;
  port.postMessage(message, transfersOf(message));
}

/** Large arrays are transferred instead of copied. */
function transfersOf(message: ThreadReport): ArrayBuffer[] {
  switch (message.type) {
    case 'checkpoint':
      return [message.state, ...(message.best ? [message.best.state] : [])].map(({ buffer }) => buffer as ArrayBuffer);
    case 'snapshot':
      return [message.data.buffer as ArrayBuffer];
    case 'started':
    case 'metrics':
    case 'progress':
    case 'event':
    case 'finished':
      return [];
    case 'verdict':
      return message.parts?.map(({ data }) => data.buffer as ArrayBuffer) ?? [];
  }
}
