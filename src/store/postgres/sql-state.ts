/** What an error of the database is about, by its code. */

/** `code` of a Postgres error, as in https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const sqlState = (error: unknown): string | undefined => (error as { code?: string } | null)?.code;
export const FOREIGN_KEY_VIOLATION = '23503';
/** Of a row that others refer to: 23001 in newer versions of Postgres. */
export const isStillReferred = (error: unknown): boolean =>
  ['23001', FOREIGN_KEY_VIOLATION].includes(sqlState(error) ?? '');
export const UNIQUE_VIOLATION = '23505';
/** Serialization failure and deadlock. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(error) ?? '');
