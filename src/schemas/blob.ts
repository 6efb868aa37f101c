/**
 * Long lists of numbers that came with jobs, inline rows and initial weights, kept apart from the jobs. A blob is known by
 * the hash of what it holds, so that jobs with the same numbers share it.
 */
import type { Task } from '../vocabulary/index.ts';

/** Of the types that hold every number of a list exactly, the smallest. */
export const NUMBER_TYPES = ['uint8', 'int16', 'int32', 'float32', 'float64'] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];

/** A list of numbers, or of rows of equal length. */
export interface PackedList {
  numbers: NumberType;
  shape: readonly [number] | readonly [number, number];
}

export interface RowsContent {
  kind: 'rows';
  task: Task;
  samples: number;
  features: number;
  /** Classes, labels or regression targets. */
  outputs: number;
  lists: { inputs: PackedList; targets: PackedList };
}
/** Initial weights, without the slopes of activations, which stay in the job. */
export interface WeightsContent {
  kind: 'weights';
  /** How many numbers it holds. */
  values: number;
  lists: {
    kernels: PackedList[];
    biases?: PackedList[];
    normalizations?: Record<string, PackedList>[];
  };
}
export type BlobContent = RowsContent | WeightsContent;

export interface BlobInfo<Content extends BlobContent = BlobContent> {
  /** `sha256:...` over the content and the numbers. */
  hash: string;
  content: Content;
}
/**
 * The numbers of every list in the order of the content, little-endian, each list beginning at a multiple of 8 bytes; cut
 * into parts of 1 MiB, each deflated.
 */
export interface Blob<Content extends BlobContent = BlobContent> extends BlobInfo<Content> {
  parts: Uint8Array<ArrayBuffer>[];
}

/** Blobs by their hashes. */
export type KeptBlobs = ReadonlyMap<string, BlobInfo>;

export const byHash = (blobs: readonly BlobInfo[]): KeptBlobs => new Map(blobs.map((blob) => [blob.hash, blob]));

export type RowsBlob = Blob<RowsContent>;
export type WeightsBlob = Blob<WeightsContent>;

/** The lists in the order of their bytes. */
export function listsOf(content: BlobContent): PackedList[] {
  if (content.kind === 'rows') return [content.lists.inputs, content.lists.targets];
  const { kernels, biases = [], normalizations = [] } = content.lists;
  return [...kernels, ...biases, ...normalizations.flatMap((layer) => Object.values(layer))];
}
