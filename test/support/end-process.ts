import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Resolves when the process is gone, which it may be already. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
