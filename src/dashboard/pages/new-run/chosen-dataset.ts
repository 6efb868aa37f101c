/** The data set of the draft, as far as the service's list tells about it. */
import { computed } from '@preact/signals';
import type { ListedDataset, Task } from '../../../vocabulary/index.ts';
import { keyOf } from '../../data/dataset-links.ts';
import { datasets } from '../../data/dataset-list.ts';
import { defaultAt, draft, get, put } from './draft.ts';

/** Its name or id; empty for inline data. */
export const chosenName = computed(() => draft.value.dataset.id ?? draft.value.dataset.name ?? '');
/** The newest upload of a name is the one that the name stands for; the list has it first. */
export const chosenDataset = computed(() => {
  const key = chosenName.value;
  return datasets.value?.find((one) => keyOf(one) === key) ?? datasets.value?.find(({ name }) => name === key);
});

const task = computed((): Task | undefined => chosenDataset.value?.task ?? draft.value.dataset.task);

/**
 * Whether a field that is for some tasks only is shown: while the task is not known, and where it is set, too, so that it
 * can be taken back.
 */
export function isOffered(path: string, ...tasks: Task[]): boolean {
  const isSet = (get(path) ?? null) !== null && get(path) !== defaultAt(path);
  return isSet || task.value === undefined || tasks.includes(task.value);
}

/** Whether the data set itself says which samples validate; then the job's share does not matter. */
export const hasOwnValidation = ({ validationSamples = 0 }: ListedDataset): boolean => validationSamples > 0;

/** How the data is split and prepared: kept when another data set is chosen. */
const KEPT = ['validationSplit', 'normalize', 'normalizeTargets', 'seed'];

export function chooseDataset(next: ListedDataset): void {
  // Data of one's own comes in any scale: that a preset needs no normalisation says nothing about it.
  const isNew = next.kind === 'uploaded' && chosenDataset.value?.kind !== 'uploaded';
  const kept = Object.entries(draft.value.dataset).filter(
    ([key]) =>
      KEPT.includes(key) &&
      (key !== 'normalize' || !isNew) &&
      (key !== 'normalizeTargets' || next.task === 'regression') &&
      (key !== 'validationSplit' || !hasOwnValidation(next)),
  );
  const named = next.id === undefined ? { name: next.name } : { id: next.id };
  put('dataset', { ...named, ...Object.fromEntries(kept) });
}
