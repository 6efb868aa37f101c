/**
 * The only way from a request to the run or data set that it names. No route passes ids to a station itself, so checks
 * of the caller's rights belong here.
 */
import { RelumineError, runNotFound } from '../errors.ts';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  type BuiltInDataset,
  type DatasetInfo,
  type Run,
} from '../vocabulary/index.ts';
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
  /** The uploaded data set that a job in the body names; null if there is none. */
  findUploaded: (id: string | undefined) => Promise<DatasetInfo | null>;
  /** The run that a job in the body names as its parent; null if there is none. */
  findParent: (id: string | undefined) => Promise<Run | null>;
}

export type FoundDataset =
  { kind: 'builtIn'; name: BuiltInDataset; info: DatasetInfo } | { kind: 'uploaded'; id: string; info: DatasetInfo };

export function openDoor(store: Pick<Store, 'runs' | 'datasets'>): Door {
  const findUploaded = async (id: string | undefined) => (id === undefined ? null : store.datasets.info(id));

  return {
    async findRun({ params: { id } }) {
      const run = await store.runs.get(id);
      if (!run) throw runNotFound(id);
      return run;
    },

    async findDataset({ params: { id } }, version) {
      if (isBuiltInDataset(id)) return { kind: 'builtIn', name: id, info: builtIn(id) };
      const newest = (await store.datasets.info(id)) ?? (await store.datasets.named(id));
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

export const builtIn = (name: BuiltInDataset): DatasetInfo => ({ object: 'dataset', name, ...BUILT_IN_DATASETS[name] });

export const datasetNotFound = (id: string) =>
  new RelumineError('DATASET_NOT_FOUND', `Data set ${JSON.stringify(id.slice(0, 100))} not found.`);
