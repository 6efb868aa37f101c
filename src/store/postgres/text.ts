/**
 * Replaces what Postgres cannot store, U+0000 in text and U+0000 or half a surrogate pair in jsonb, by the replacement
 * character U+FFFD, as decoders do.
 */
const REPLACEMENT = '\uFFFD';

export const cleanText = (text: string): string => text.replace(/\0|\p{Surrogate}/gu, REPLACEMENT);

/** Text that can be searched, such as names and notes: composed, so that a word is always stored in the same form. */
export const cleanLabel = (text: string): string => cleanText(text).normalize('NFC');

/** JSON for a jsonb column. JSON.stringify writes exactly these characters as \u escapes. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value).replace(/\\(?:u([0-9a-f]{4})|.)/g, (escape, code?: string) =>
    code === '0000' || code?.startsWith('d') ? REPLACEMENT : escape,
  );

/** For columns that may be null. */
export const toJsonOrNull = (value: unknown): string | null =>
  value === null || value === undefined ? null : toJson(value);
