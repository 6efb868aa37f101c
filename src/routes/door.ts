/**
 * The only way from a request to the run or data set that it names. No route passes ids to a station itself, so checks
 * of the caller's rights belong here.
 */
import { RelumineError, runNotFound } from '../errors.ts';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  isPackagedDataset,
  PACKAGED_DATASETS,
  type BuiltInDataset,
  type DatasetInfo,
  type DatasetRef,
  type ListedDataset,
  type Run,
} from '../vocabulary/index.ts';
import type { Shelf } from '../shelf/shelf.ts';
import type { Store } from '../store/store.ts';

/** A request whose path names a run or a data set. */
interface Named {
  params: { id: string };
}

export interface Door {
  /** Throws RUN_NOT_FOUND. */
  findRun: (request: Named) => Promise<Run>;
  /** A built-in data set by its name, an uploaded one by its id or name. Throws DATASET_NOT_FOUND. */
  findDataset: (request: Named, version?: number) => Promise<FoundDataset>;
  /**
   * The uploaded data set that a job in the body names, in the version that it wants, or in the newest one if there is no
   * such version; null if there is none.
   */
  findUploaded: (ref: DatasetRef | null) => Promise<DatasetInfo | null>;
  /** The run that a job in the body names as its parent; null if there is none. */
  findParent: (id: string | undefined) => Promise<Run | null>;
}

export type FoundDataset =
  { kind: 'builtIn'; name: BuiltInDataset; info: DatasetInfo } | { kind: 'uploaded'; id: string; info: DatasetInfo };

/** `shelf` reads data sets that are there as files when they are first named, and again when the files have changed. */
export function openDoor(store: Pick<Store, 'runs' | 'datasets'>, shelf?: Pick<Shelf, 'take' | 'packageReason'>): Door {
  /** Throws DATASET_NOT_FOUND, with the way to get it, for a known one whose files are not there. */
  const named = async (name: string): Promise<DatasetInfo | null> => {
    const found = shelf ? await shelf.take(name) : await store.datasets.named(name);
    if (found !== null || !isPackagedDataset(name)) return found;
    throw new RelumineError('DATASET_NOT_FOUND', `Data set "${name}": ${PACKAGED_DATASETS[name].reason}`);
  };
  const findUploaded = async (ref: DatasetRef | null): Promise<DatasetInfo | null> => {
    if (ref === null) return null;
    const { id, name = '', version = null } = ref;
    const newest = await (id === undefined ? named(name) : store.datasets.info(id));
    if (newest?.id === undefined || version === null || version === newest.version) return newest;
    return (await store.datasets.info(newest.id, version)) ?? newest;
  };

  return {
    async findRun({ params: { id } }) {
      const run = await store.runs.get(id);
      if (!run) throw runNotFound(id);
      return run;
    },

    async findDataset({ params: { id } }, version) {
      if (isBuiltInDataset(id)) return { kind: 'builtIn', name: id, info: builtIn(id, shelf?.packageReason(id)) };
      const newest = (await store.datasets.info(id)) ?? (await named(id));
      if (newest?.id === undefined) throw datasetNotFound(id);
      const info = version === undefined ? newest : await store.datasets.info(newest.id, version);
      if (info) return { kind: 'uploaded', id: newest.id, info };
      throw new RelumineError(
        'DATASET_NOT_FOUND',
        `Data set ${JSON.stringify(id.slice(0, 100))} has no version ${version}. Its newest one is ${newest.version}.`,
      );
    },

    findUploaded,

    findParent: async (id) => (id === undefined ? null : store.runs.get(id)),
  };
}

/** `reason`: why its files are not there; null if they are, undefined if it needs none. */
export const builtIn = (name: BuiltInDataset, reason: string | null | undefined): DatasetInfo => ({
  object: 'dataset',
  name,
  ...BUILT_IN_DATASETS[name],
  ...(reason !== undefined && { available: reason === null }),
  ...(reason && { reason }),
});

/** A data set that is there as files and was not read yet, or a known one whose files are not there. */
export function notRead(name: string, isThere: boolean): ListedDataset {
  if (isPackagedDataset(name)) {
    const { reason, ...known } = PACKAGED_DATASETS[name];
    return { object: 'dataset', name, ...known, available: isThere, ...(isThere ? {} : { reason }) };
  }
  return {
    object: 'dataset',
    name,
    kind: 'real',
    status: 'unread',
    task: null,
    samples: null,
    features: null,
    outputs: null,
    description: 'Files in DATASETS_DIR that were not read yet: task and size are known once somebody looks at it.',
    available: true,
  };
}

export const datasetNotFound = (id: string) =>
  new RelumineError('DATASET_NOT_FOUND', `Data set ${JSON.stringify(id.slice(0, 100))} not found.`);
