/**
 * A training thread: waits for a run, trains it, frees everything, and waits for the next. Says and hears what
 * schemas/thread.ts defines.
 */
import { parentPort } from 'node:worker_threads';
import type { StartOrder, ThreadOrder, ThreadReport } from '../schemas/index.ts';
import { Mailbox } from './mailbox.ts';

if (parentPort === null) throw new Error('this file is the entry of a worker thread');
const port = parentPort;

/** Of the run that is under way. */
let mailbox: Mailbox | null = null;

port.on('message', (order: ThreadOrder) => {
  if (order.type === 'start') void start(order);
  // An order that crossed the run's last report on its way is for nobody.
  else mailbox?.push(order);
});

async function start(order: StartOrder): Promise<void> {
  if (mailbox !== null) throw new Error('a thread trains one run at a time');
  mailbox = new Mailbox();
  // Loaded with the first run, so that an idle thread is small.
  const [{ trainRun }, { openNetwork }] = await Promise.all([
    import('./train-run.ts'),
    import('../engine/open-network.ts'),
  ]);
  await trainRun(order, {
    mailbox,
    report,
    openNetwork: ({ engine, model, training }, data, state) => openNetwork(engine, model, training, data, { state }),
  });
}

function report(message: ThreadReport): void {
  // The next run may be sent as soon as the pool hears of the end.
  if (message.type === 'finished') mailbox = null;
  port.postMessage(message, transfersOf(message));
}

/** Large arrays change hands instead of being copied. */
function transfersOf(message: ThreadReport): ArrayBuffer[] {
  switch (message.type) {
    case 'checkpoint':
      return [message.state.buffer as ArrayBuffer];
    case 'snapshot':
      return [message.data.buffer as ArrayBuffer];
    default:
      return [];
  }
}
