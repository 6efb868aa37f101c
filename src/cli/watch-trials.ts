/** `relumine try`: how far the trials are, until they end. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RelumineClient } from '../client/index.ts';
import type { Trials } from '../vocabulary/index.ts';
import { Screen } from './screen.ts';
import { describeProgress } from './trials-view.ts';

const ASK_EVERY_MS = 250;
/** Without a terminal there is a line for each step of this size. */
const PRINT_EVERY_SHARE = 0.25;

/** Resolves with the trials when they are over. `json`: nothing is printed before. */
export async function watchTrials(
  client: RelumineClient,
  begun: Trials,
  { json, output = process.stdout }: { json: boolean; output?: NodeJS.WriteStream },
): Promise<Trials> {
  const show = json ? () => undefined : output.isTTY ? showOnTerminal(output) : showAsLines(output);
  let trials = begun;
  show(trials);
  while (trials.status === 'running') {
    await delay(ASK_EVERY_MS);
    trials = await client.trials(trials.runId);
    show(trials);
  }
  return trials;
}

type Show = (trials: Trials) => void;

function showOnTerminal(output: NodeJS.WriteStream): Show {
  const screen = new Screen(output);
  return (trials) => screen.draw([describeProgress(trials)]);
}

function showAsLines(output: NodeJS.WriteStream): Show {
  let printed = -1;
  return (trials) => {
    const { ended, total } = trials.progress;
    const part = Math.floor(ended / total / PRINT_EVERY_SHARE);
    if (part > printed) output.write(`${describeProgress(trials)}\n`);
    printed = Math.max(printed, part);
  };
}
