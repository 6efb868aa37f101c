/**
 * A training thread: waits for a run, trains it, frees everything but the compiled programs of small networks, and
 * waits for the next. Its messages are defined in
 * schemas/thread.ts.
 */
import { threadPort } from '../engine/thread-port.ts';
import type { StartOrder, ThreadOrder, ThreadReport } from '../schemas/index.ts';
import { Mailbox } from './mailbox.ts';

const port = threadPort();

/** Of the current run. */
let mailbox: Mailbox | null = null;

port.on('message', (order: ThreadOrder) => {
  if (order.type === 'start') void start(order);
  // An order that crossed the run's last report has no receiver.
  else mailbox?.push(order);
});

async function start(order: StartOrder): Promise<void> {
  if (mailbox !== null) throw new Error('A thread trains one run at a time.');
  mailbox = new Mailbox();
  // Loaded with the first run, so an idle thread stays small.
  const [{ trainRun }, { openNetwork }] = await Promise.all([
    import('./train-run.ts'),
    import('../engine/open-network.ts'),
  ]);
  await trainRun(order, {
    mailbox,
    report,
    openNetwork: ({ engine, model, training }, data, state, cores) =>
      openNetwork(engine, model, training, data, { state, ...cores }),
  });
}

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
    case 'verdict':
    case 'finished':
      return [];
  }
}
