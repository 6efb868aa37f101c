/**
 * What Postgres cannot store: U+0000 in text, and U+0000 or half a surrogate pair in jsonb. Each becomes U+FFFD, the
 * replacement character, as in a decoder.
 */
const REPLACEMENT = '\uFFFD';

export const cleanText = (text: string): string => text.replace(/\0|\p{Surrogate}/gu, REPLACEMENT);

/** Names and notes by which runs and data sets are found: composed, so that one word is stored in one way. */
export const cleanLabel = (text: string): string => cleanText(text).normalize('NFC');

/** JSON for a jsonb column. JSON.stringify writes exactly these characters as \u escapes. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value).replace(/\\(?:u([0-9a-f]{4})|.)/g, (escape, code?: string) =>
    code === '0000' || code?.startsWith('d') ? REPLACEMENT : escape,
  );

/** For columns that may be null. */
export const toJsonOrNull = (value: unknown): string | null =>
  value === null || value === undefined ? null : toJson(value);
