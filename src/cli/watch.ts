/** `relumine watch`: a live view of a run on a terminal, otherwise plain lines, or the messages as JSON lines. */
import type { RelumineClient, WatchMessage } from '../client/index.ts';
import type { Run, RunStatus } from '../vocabulary/index.ts';
import { describeRun, drawRun, update, viewOf, type RunView } from './run-view.ts';
import { Screen } from './screen.ts';
import { clean } from './text.ts';

const DRAW_EVERY_MS = 100;
const PRINT_EVERY_MS = 1000;
/** Output that is not a terminal gets a line this often even if nothing has changed: it may wait in the queue for long. */
const SIGN_OF_LIFE_EVERY_MS = 5000;

/** Resolves with the run's final status. */
export async function watch(
  client: RelumineClient,
  run: Run,
  { json, output = process.stdout }: { json: boolean; output?: NodeJS.WriteStream },
): Promise<RunStatus> {
  const view = viewOf(run);
  const show = json ? showAsJson(output) : output.isTTY ? showOnTerminal(output, view) : showAsLines(output, view);
  const ticking = setInterval(() => show('tick'), SIGN_OF_LIFE_EVERY_MS);
  try {
    for await (const message of client.watch(run.id, { snapshots: false })) {
      update(view, message);
      show(message);
    }
  } finally {
    clearInterval(ticking);
  }
  show('end');
  return view.status;
}

/** Called with every message, now and then in between, and at the end. */
type Show = (message: WatchMessage | 'tick' | 'end') => void;

const showAsJson =
  (output: NodeJS.WriteStream): Show =>
  (message) => {
    if (typeof message === 'object') output.write(`${JSON.stringify(message)}\n`);
  };

function showOnTerminal(output: NodeJS.WriteStream, view: RunView): Show {
  const screen = new Screen(output);
  let drawnAt = 0;
  return (message) => {
    if (message === 'tick') return;
    if (message === 'end') {
      screen.draw(drawRun(view, screen.width));
      output.write(endOf(view));
      return;
    }
    if (message.type === 'event') screen.print(describeEvent(message));
    if (message.type === 'status' && message.status === 'paused') screen.print(whatToDo(view));
    if (message.type !== 'status' && Date.now() - drawnAt < DRAW_EVERY_MS) return;
    drawnAt = Date.now();
    screen.draw(drawRun(view, screen.width));
  };
}

/**
 * Every change of status, and between them the newest state about once a second, or every few seconds where nothing
 * changes. The newest state is printed before each change of status too: a run may end within a moment.
 */
function showAsLines(output: NodeJS.WriteStream, view: RunView): Show {
  let newest = '',
    printed = '',
    printedAt = 0;
  const write = (line: string): void => {
    output.write(`${line}\n`);
    printedAt = Date.now();
  };
  const print = (): void => {
    if (newest !== printed) write(newest);
    printed = newest;
  };
  return (message) => {
    if (message === 'end') {
      output.write(endOf(view));
      return;
    }
    if (message === 'tick') {
      if (Date.now() - printedAt >= SIGN_OF_LIFE_EVERY_MS) write((printed = newest = describeRun(view)));
      return;
    }
    if (message.type === 'event') output.write(`${describeEvent(message)}\n`);
    if (message.type === 'status') print();
    if (message.type === 'status' || message.type === 'metrics') newest = describeRun(view);
    const isDue = message.type === 'metrics' && Date.now() - printedAt >= PRINT_EVERY_MS;
    if (isDue || message.type === 'status') print();
    if (message.type === 'status' && message.status === 'paused') write(whatToDo(view));
  };
}

const whatToDo = ({ id }: RunView) =>
  `The run is paused. "relumine resume ${id}" lets it go on, and "relumine cancel ${id}" ends it; Ctrl-C stops watching.`;
const describeEvent = ({ step, event }: WatchMessage & { type: 'event' }) =>
  `step ${step}  ${event.level === 'info' ? '' : `${event.level}: `}${clean(event.message)}`;
const endOf = ({ error }: RunView) => (error ? `${error.code}: ${clean(error.message)}\n` : '');
