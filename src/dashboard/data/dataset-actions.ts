/** What can be done to a data set, with its confirmation. */
import type { DatasetInfo } from '../../vocabulary/index.ts';
import { confirm } from '../parts/confirm.tsx';
import { quoted } from '../parts/short.ts';
import { toast, toastFault } from '../parts/toast.tsx';
import { titleOf } from './dataset-links.ts';
import { RelumineApiError, service } from './service.ts';

const KEEP = 'Keep data set';

/** Asks once, and once more with the service's own words where runs use it. Whether it is gone. */
export async function removeDataset(info: DatasetInfo): Promise<boolean> {
  const { id } = info;
  const name = quoted(titleOf(info));
  if (id === undefined) return false;
  const text = `${name} will be deleted for the whole team, with all of its versions. This cannot be undone.`;
  if (!(await confirm('Delete this data set?', text, 'Delete permanently', KEEP))) return false;
  try {
    return (await tryToDelete(id)) && isGone(name);
  } catch (fault) {
    toastFault(fault);
    return false;
  }
}

async function tryToDelete(id: string): Promise<boolean> {
  try {
    await service.deleteDataset(id);
    return true;
  } catch (fault) {
    if (!(fault instanceof RelumineApiError) || fault.code !== 'DATASET_IN_USE') throw fault;
    if (!(await confirm('Runs use this data set', fault.message, 'Delete anyway', KEEP))) return false;
    await service.deleteDataset(id, { force: true });
    return true;
  }
}

function isGone(name: string): true {
  toast(`Deleted: ${name}`);
  return true;
}
