/** Text in its form for comparison: composed (NFC), and in lower case where case is ignored. */
import type pg from 'pg';

/** Turns an SQL text expression into the expression to search, and a text into the value to search for. */
export type Folding = (expression: string) => string;

/**
 * Uses the best case rules that the database has. Those of the operating system often know only ASCII letters, so the
 * rules of Postgres (17 and newer) come first, then those of ICU. Only a UTF-8 database can normalise.
 */
export async function chooseFolding(pool: pg.Pool): Promise<Folding> {
  const {
    rows: [database],
  } = await pool.query<{ isUtf8: boolean; collation: string | null }>(
    `select getdatabaseencoding() = 'UTF8' as "isUtf8", (
      select collname from unnest($1::name[]) with ordinality as wanted (name, rank)
      join pg_collation on collname = wanted.name and collnamespace = 'pg_catalog'::regnamespace
        and collencoding in (-1, pg_char_to_encoding(getdatabaseencoding()))
      order by rank limit 1) as collation`,
    [['pg_unicode_fast', 'pg_c_utf8', 'und-x-icu']],
  );
  const collate = database?.collation ? ` collate "${database.collation}"` : '';
  const fold: Folding = database?.isUtf8
    ? (expression) => `lower(normalize(${expression}, nfc)${collate})`
    : (expression) => `lower(${expression}${collate})`;
  if (!database?.isUtf8 || collate === '') return fold;
  // All of these collations have the same case rules for ASCII, and "C" is several times faster there.
  return (expression) =>
    isColumn(expression)
      ? `(case when octet_length(${expression}) = length(${expression}) then lower(${expression} collate "C")${collate} else ${fold(expression)} end)`
      : fold(expression);
}

/** Cheap to read more than once. */
const isColumn = (expression: string): boolean => /^[a-z_]+$/.test(expression);

/** The forms in which a text may be stored, for comparisons that use an index. New text is always composed. */
export const formsOf = (text: string): string[] => [...new Set([text.normalize('NFC'), text.normalize('NFD'), text])];
