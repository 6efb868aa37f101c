/** `relumine watch`: a live view of a run on a terminal, otherwise plain lines, or the messages as JSON lines. */
import type { RelumineClient, WatchMessage } from '../client/index.ts';
import type { Run, RunStatus } from '../vocabulary/index.ts';
import { describeRun, drawRun, update, viewOf, type RunView } from './run-view.ts';
import { Screen } from './screen.ts';
import { clean } from './text.ts';

const DRAW_EVERY_MS = 100;
const PRINT_EVERY_MS = 1000;

/** Resolves with the run's final status. */
export async function watch(
  client: RelumineClient,
  run: Run,
  { json, output = process.stdout }: { json: boolean; output?: NodeJS.WriteStream },
): Promise<RunStatus> {
  const view = viewOf(run);
  const show = json ? showAsJson(output) : output.isTTY ? showOnTerminal(output, view) : showAsLines(output, view);
  for await (const message of client.watch(run.id, { snapshots: false })) {
    update(view, message);
    show(message);
  }
  show(null);
  return view.status;
}

/** Called with every message, and with null at the end. */
type Show = (message: WatchMessage | null) => void;

const showAsJson =
  (output: NodeJS.WriteStream): Show =>
  (message) => {
    if (message) output.write(`${JSON.stringify(message)}\n`);
  };

function showOnTerminal(output: NodeJS.WriteStream, view: RunView): Show {
  const screen = new Screen(output);
  let drawnAt = 0;
  return (message) => {
    if (message?.type === 'event') screen.print(describeEvent(message));
    if (message && message.type !== 'status' && Date.now() - drawnAt < DRAW_EVERY_MS) return;
    drawnAt = Date.now();
    screen.draw(drawRun(view, screen.width));
    if (!message) output.write(endOf(view));
  };
}

/**
 * Every change of status, and between them the newest state about once a second. The newest state is printed before
 * each change of status too: a run may end within a moment.
 */
function showAsLines(output: NodeJS.WriteStream, view: RunView): Show {
  let newest = '',
    printed = '',
    printedAt = 0;
  const print = (): void => {
    if (newest !== printed) output.write(`${newest}\n`);
    printed = newest;
  };
  return (message) => {
    if (message?.type === 'event') output.write(`${describeEvent(message)}\n`);
    if (message?.type === 'status') print();
    if (message?.type === 'status' || message?.type === 'metrics') newest = describeRun(view);
    const isDue = message?.type === 'metrics' && Date.now() - printedAt >= PRINT_EVERY_MS;
    if (isDue) printedAt = Date.now();
    if (isDue || message?.type === 'status') print();
    if (!message) output.write(endOf(view));
  };
}

const describeEvent = ({ step, event }: WatchMessage & { type: 'event' }) =>
  `step ${step}  ${event.level === 'info' ? '' : `${event.level}: `}${clean(event.message)}`;
const endOf = ({ error }: RunView) => (error ? `${error.code}: ${clean(error.message)}\n` : '');
