import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DatasetInfo, ListedDataset } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';

/**
 * The data set in the version that the job names, or in its newest one, with its columns: the list leaves these out, for
 * there may be thousands of them. Until it is there, and where it cannot be fetched, it is as in the list.
 */
export function useVersion(listed: ListedDataset | undefined, version: number | undefined): ListedDataset | undefined {
  const whole = useSignal<DatasetInfo | null>(null);
  useEffect(() => {
    whole.value = null;
    if (listed?.id === undefined) return;
    let isOver = false;
    void service.dataset(listed.id, { version }).then(
      (found) => {
        if (!isOver) whole.value = found;
      },
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [listed?.id, listed?.hash, version]);
  return whole.value?.id === listed?.id ? (whole.value ?? listed) : listed;
}
