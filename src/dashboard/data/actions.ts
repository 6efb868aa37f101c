/** What can be done to a run, with its question and its answer on screen. */
import type { Run, RunStatus } from '../../schemas/index.ts';
import { confirm } from '../parts/confirm.tsx';
import { toast, toastFault } from '../parts/toast.tsx';
import { service } from './service.ts';
import { isFinal } from './vocabulary.ts';

export type Verb = 'pause' | 'resume' | 'cancel';
export const canDo = (status: RunStatus): Record<Verb | 'delete', boolean> => ({
  pause: status === 'running' || status === 'queued',
  resume: status === 'paused',
  cancel: !isFinal(status),
  delete: isFinal(status),
});

const DONE: Record<Verb, string> = { pause: 'Paused', resume: 'Goes on', cancel: 'Cancelled' };
export const title = (run: Run): string => run.name || run.id;

export async function act(run: Run, verb: Verb): Promise<Run | null> {
  if (
    verb === 'cancel' &&
    !(await confirm(
      'Cancel this run?',
      `“${title(run)}” stops where it is. What it has learnt and told so far is kept.`,
      'Cancel run',
    ))
  )
    return null;
  try {
    const changed = await service[verb](run.id);
    toast(`${DONE[verb]}: ${title(run)}`);
    return changed;
  } catch (fault) {
    toastFault(fault);
    return null;
  }
}

export async function remove(run: Run): Promise<boolean> {
  if (
    !(await confirm(
      'Delete this run?',
      `“${title(run)}” and everything that it stored will be gone for the whole team: curves, neurons, checkpoints.`,
      'Delete for good',
    ))
  )
    return false;
  try {
    await service.delete(run.id);
    toast(`Deleted: ${title(run)}`);
    return true;
  } catch (fault) {
    toastFault(fault);
    return false;
  }
}
