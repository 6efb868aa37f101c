/** Suspends a process with all that it has started, as a machine does that hangs: connections stay open, and nobody answers. */
import { readFile } from 'node:fs/promises';

export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  for (const child of await childrenOf(pid)) process.kill(child, 'SIGSTOP');
}

export async function thaw(pid: number): Promise<void> {
  for (const child of await childrenOf(pid)) process.kill(child, 'SIGCONT');
  process.kill(pid, 'SIGCONT');
}

export const canFreeze = process.platform === 'linux';

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
