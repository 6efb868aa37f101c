/** Whether another process of this machine, or of this container, lives. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

interface State {
  /** When it started, as one word. */
  birth: string;
  hasEnded: boolean;
}

/** A zombie, which has ended and only waits for its parent, or a process that is about to disappear. */
const ENDED = /^[ZXx]/;

/** With a `birth`, another process that has the same id since then does not count. */
export async function isRunning(pid: number, birth?: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const state = await stateOf(pid);
  return state === null || (!state.hasEnded && (birth === undefined || state.birth === birth));
}

/** Empty if unknown. */
export const birthOf = async (pid: number): Promise<string> => (await stateOf(pid))?.birth ?? '';

/** Null if unknown. */
async function stateOf(pid: number): Promise<State | null> {
  if (process.platform === 'win32') return null;
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // Fields 3 and 22 of proc(5) stat; the name in field 2 may contain spaces and parentheses.
    const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
    const [state = '', birth] = [fields?.[0], fields?.[19]];
    return birth === undefined ? null : { birth, hasEnded: ENDED.test(state) };
  }
  const ps = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => null);
  const [state = '', ...started] = ps?.stdout.trim().split(/\s+/) ?? [];
  return started.length === 0 ? null : { birth: started.join('').replace(/\W/g, ''), hasEnded: ENDED.test(state) };
}
