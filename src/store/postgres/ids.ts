/**
 * Identifiers that sort by the time they were made: 50 bits of milliseconds, 15 bits that count within one, 65 random
 * bits.
 */
import { randomBytes } from 'node:crypto';

/** Crockford's base 32, in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const COUNTER_LIMIT = 32 ** 3;

let lastMs = 0;
let counter = 0;

/** A new id with its time. Within a process ids only ever grow, also when the clock goes back. */
export function newId(prefix: 'run' | 'dataset' | 'state'): { id: string; at: Date } {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else if ((counter += 1) === COUNTER_LIMIT) {
    lastMs += 1;
    counter = 0;
  }
  const random = [...randomBytes(13)].map((byte) => ALPHABET[byte & 31]).join('');
  return { id: `${prefix}_${digits(lastMs, 10)}${digits(counter, 3)}${random}`, at: new Date(lastMs) };
}

/** What cannot be an id is not asked for in the database: it may hold characters that the database refuses. */
export const isId = (prefix: 'run' | 'dataset', id: string): boolean =>
  id.startsWith(`${prefix}_`) && /^[a-z]+_[0-9a-z]{26}$/.test(id);

function digits(value: number, count: number): string {
  let text = '';
  for (let rest = value; text.length < count; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text;
  return text;
}
