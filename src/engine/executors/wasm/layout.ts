/**
 * How values lie in memory. Everything takes 4 bytes per element: float32, int32 (uint8 is kept as float32), and bool as
 * lanes of ones or zeros.
 *
 * - `panel`: one value per sample, or a row of them: [batch, rows]. The samples of a row follow one another, so that a
 *   vector holds four samples of one unit and no product of matrices needs a transposed copy: [rows][stride].
 * - `flat`: no batch. Row-major.
 * - `plain`: the batch at another place, or twice. Row-major; such values are computed element by element.
 *
 * What lies behind the last sample of a row, up to a whole vector, has no meaning.
 */
import { concreteShape, elementCount } from '../../program/shapes.ts';
import type { Shape } from '../../program/operations.ts';

export const LANES = 4;
export const VECTOR_BYTES = 16;

export interface Batch {
  /** Samples. */
  readonly size: number;
  /** Vectors that hold them. */
  readonly vectors: number;
  /** Samples in the last vector, if it is not full; else 0. */
  readonly tail: number;
  /** Bytes from one row of a panel to the next. */
  readonly stride: number;
}

export function batchOf(size: number): Batch {
  const vectors = Math.ceil(size / LANES);
  // Rows a power of two apart compete for the same places in the cache.
  const padding = (vectors * VECTOR_BYTES) % 1024 === 0 ? 4 * VECTOR_BYTES : 0;
  return { size, vectors, tail: size % LANES, stride: vectors * VECTOR_BYTES + padding };
}

export type Layout =
  | { readonly kind: 'panel'; readonly rows: number }
  | { readonly kind: 'flat'; readonly size: number }
  | { readonly kind: 'plain'; readonly size: number };

export function layoutOf(shape: Shape, { size }: Batch): Layout {
  const at = shape.indexOf('batch');
  if (at < 0) return { kind: 'flat', size: elementCount(shape, 1) };
  const isOnlyBatch = shape.lastIndexOf('batch') === at;
  if (!isOnlyBatch || elementCount(shape.slice(0, at), 1) > 1)
    return { kind: 'plain', size: elementCount(shape, size) };
  return { kind: 'panel', rows: elementCount(shape.slice(at + 1), 1) };
}

export const bytesOf = (layout: Layout, { stride }: Batch): number =>
  layout.kind === 'panel' ? layout.rows * stride : 4 * layout.size;

/** Bytes from one element to the next along every axis. */
export function stridesOf(shape: Shape, batch: Batch): number[] {
  const dimensions = concreteShape(shape, batch.size);
  const isPanel = layoutOf(shape, batch).kind === 'panel';
  let stride = isPanel ? batch.stride : 4;
  return dimensions
    .map((_, index) => dimensions.length - 1 - index)
    .map((axis) => {
      if (isPanel && shape[axis] === 'batch') return 4;
      const own = stride;
      stride *= dimensions[axis] ?? 1;
      return own;
    })
    .toReversed();
}
