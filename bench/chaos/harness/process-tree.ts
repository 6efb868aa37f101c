/** Signals to a process and its children, as they are in /proc. */
import { readdirSync, readFileSync } from 'node:fs';

export function signalTree(pid: number, signal: NodeJS.Signals): void {
  // The parent first, so that it makes no new children meanwhile.
  process.kill(pid, signal);
  for (const child of childrenOf(pid)) process.kill(child, signal);
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
}

function parentOf(pid: string): number | null {
  try {
    // The name in parentheses may contain anything.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return Number(parent);
  } catch {
    return null; // It has ended meanwhile.
  }
}
