/**
 * Identifiers that sort by creation time: 50 bits of milliseconds, a 15-bit counter within a millisecond, 65 random
 * bits.
 */
import { randomBytes } from 'node:crypto';

/** Crockford's base 32, in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const COUNTER_LIMIT = 32 ** 3;

let lastMs = 0;
let counter = 0;

export type IdPrefix =
  | 'run'
  | 'dataset'
  | 'state'
  | 'trials'
  | 'view'
  | 'project'
  | 'person'
  | 'session'
  | 'key'
  | 'invitation'
  | 'share'
  | 'comment'
  | 'audit'
  | 'webhook'
  | 'delivery';

/** A new id with its time. Within a process ids always increase, even if the clock goes back. */
export function newId(prefix: IdPrefix): { id: string; at: Date } {
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

/** Anything else is never looked up, because it may contain characters that the database refuses. */
export const isId = (prefix: IdPrefix, id: string): boolean =>
  id.startsWith(`${prefix}_`) && /^[a-z]+_[0-9a-z]{26}$/.test(id);

function digits(value: number, count: number): string {
  let text = '';
  for (let rest = value; text.length < count; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text;
  return text;
}
