/** Of the form of archives. A newer one is refused. */
export const ARCHIVE_VERSION = 1;

/** The first entry of an archive: what is in it. */
export interface ArchiveHead {
  object: 'relumine.archive';
  version: number;
  experiment: string;
  createdAt: string;
  /** The ids of everything in the archive. */
  runs: string[];
  trials: string[];
  datasets: string[];
  /** Hashes of the numbers that came with jobs and are kept apart. Absent in archives of earlier releases. */
  blobs?: string[];
}

/** An id in the archive, and the one that it has here: the same unless that was taken. */
export interface ImportedId {
  from: string;
  to: string;
}
export interface ImportAnswer {
  object: 'import';
  /** The id of the project to which everything belongs now. */
  project: string;
  experiment: string;
  runs: ImportedId[];
  datasets: ImportedId[];
}
