/** What can be done to a run, with its confirmation and the message shown afterwards. */
import { adviceName, mergePatch, type Advice, type JobSpec, type Run, type RunStatus } from '../../vocabulary/index.ts';
import { confirm } from '../parts/confirm.tsx';
import { quoted, shorten } from '../parts/short.ts';
import { toast, toastFault } from '../parts/toast.tsx';
import { service } from './service.ts';

export type Verb = 'pause' | 'resume' | 'cancel';
const ALLOWED: Record<RunStatus, readonly (Verb | 'delete')[]> = {
  queued: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  succeeded: ['delete'],
  failed: ['delete'],
  cancelled: ['delete'],
};
export const canDo = (status: RunStatus, action: Verb | 'delete'): boolean => ALLOWED[status].includes(action);

const DONE: Record<Verb, string> = { pause: 'Paused', resume: 'Resumed', cancel: 'Cancelled' };
export const title = (run: Run): string => run.name || run.id;

const NAME_MOST = 200;

/** The patch of a piece of advice, with a name for the run that it makes. */
export const namedPatch = (run: Run, advice: Advice): Record<string, unknown> => ({
  ...advice.patch,
  name: shorten(`${title(run)} + ${adviceName(advice).toLowerCase()}`, NAME_MOST),
});

/** Submits the run's job with the advised change. */
export const runAdvice = (run: Run, advice: Advice): Promise<Run> =>
  service.submit({
    ...(mergePatch(run.spec, namedPatch(run, advice)) as JobSpec),
    parentId: run.id,
    project: run.project,
  });

export async function act(run: Run, verb: Verb): Promise<Run | null> {
  if (
    verb === 'cancel' &&
    !(await confirm(
      'Cancel this run?',
      `${quoted(title(run))} stops at its current step. Everything recorded so far is kept.`,
      'Cancel run',
    ))
  )
    return null;
  try {
    const changed = await service[verb](run.id);
    toast(`${DONE[verb]}: ${quoted(title(run))}`);
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
      `${quoted(title(run))} and all of its data (curves, neuron activity, checkpoints) will be deleted for the whole team. This cannot be undone.`,
      'Delete permanently',
    ))
  )
    return false;
  try {
    await service.delete(run.id);
    toast(`Deleted: ${quoted(title(run))}`);
    return true;
  } catch (fault) {
    toastFault(fault);
    return false;
  }
}
