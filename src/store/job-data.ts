/** The numbers that a job trains on or starts from, for a thread. */
import type { Blob, RowsBlob, StoredDataset, WeightsBlob } from '../schemas/index.ts';
import type { DatasetSpec, ModelSpec } from '../vocabulary/index.ts';
import type { Store } from './store.ts';

type Stores = Pick<Store, 'datasets' | 'blobs'>;

/**
 * Of an uploaded data set, or of rows that came with a job and are kept apart; null if the job needs none of these, or if
 * they were deleted. `atHand`: blobs that may not be stored yet.
 */
export async function dataOf(
  { datasets, blobs }: Stores,
  { dataset }: { dataset: DatasetSpec },
  atHand: readonly Blob[] = [],
): Promise<StoredDataset | null> {
  if (dataset.inline)
    return (atHand.find(({ hash }) => hash === dataset.hash) ?? (await blobs.get(dataset.hash))) as RowsBlob | null;
  return dataset.id === undefined ? null : ((await datasets.get(dataset.id, dataset.version))?.data ?? null);
}

/** The initial weights that are kept apart; null if there are none. */
export async function weightsOf(
  { blobs }: Pick<Stores, 'blobs'>,
  { model: { initialWeights: weights } }: { model: ModelSpec },
  atHand: readonly Blob[] = [],
): Promise<WeightsBlob | null> {
  if (!weights || 'kernels' in weights) return null;
  return (atHand.find(({ hash }) => hash === weights.hash) ?? (await blobs.get(weights.hash))) as WeightsBlob | null;
}

/** Whether the job needs data that are stored apart from it. */
export const needsData = ({ id, inline }: DatasetSpec): boolean => id !== undefined || inline === true;
