/** Cursors of lists in order of creation: the id of the last row. Ids sort by the time at which they were made. */
import { RelumineError } from '../../errors.ts';
import type { Page } from '../store.ts';
import { isId, type IdPrefix } from './ids.ts';

/** Throws INVALID_REQUEST for anything that is not the id of such a thing. */
export function readCursor(prefix: IdPrefix, after: string): string {
  if (isId(prefix, after)) return after;
  const details = [
    { path: 'after', message: 'is not a cursor of this list', expected: 'the nextCursor of the previous page' },
  ];
  throw new RelumineError('INVALID_REQUEST', 'The request is not valid: after is not a cursor of this list.', {
    details,
  });
}

/** `rows` may be one more than the limit: then there is another page. */
export function pageOf<Row extends { id: string }, T>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
): Page<T> {
  const page = rows.slice(0, limit);
  const hasMore = rows.length > limit;
  return { data: page.map(toItem), hasMore, nextCursor: hasMore ? (page.at(-1)?.id ?? null) : null };
}
