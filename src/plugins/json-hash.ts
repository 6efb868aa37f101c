/** The hash of a JSON value, of any size and depth, without holding the event loop. */
import type { Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Values between two looks at the clock, and how long the loop may be held. */
const VALUES_PER_LOOK = 1000;
const LONGEST_TURN_MS = 10;
const PART_LENGTH = 64 * 1024;
/** Lists of bare values, such as a row of numbers, are written at once up to this length. */
const SHORT_LIST = 1000;

/**
 * Adds the text that JSON.stringify would write, part by part. JSON.stringify itself calls itself for every level of a
 * value, which ends the stack at some thousands of them.
 */
export async function hashJson(hash: Hash, value: unknown): Promise<void> {
  let part = '';
  let values = 0;
  let turnEndsAt = performance.now() + LONGEST_TURN_MS;
  for (const text of textsOf(value)) {
    part += text;
    if (part.length > PART_LENGTH) {
      hash.update(part);
      part = '';
    }
    values += 1;
    if (values % VALUES_PER_LOOK === 0 && performance.now() > turnEndsAt) {
      await nextTurn();
      turnEndsAt = performance.now() + LONGEST_TURN_MS;
    }
  }
  hash.update(part);
}

/** What is still to be written: texts, and lists and objects that have begun. */
type Open = { end: string; isFirst: boolean; items: Iterator<[key: string | null, value: unknown]> };

function* textsOf(whole: unknown): Generator<string> {
  const open: Open[] = [];
  const begin = (given: unknown): string => {
    const value = plain(given);
    if (Array.isArray(value)) {
      if (value.length <= SHORT_LIST && value.every(isBare)) return JSON.stringify(value);
      open.push({ end: ']', isFirst: true, items: itemsOf(value) });
      return '[';
    }
    if (typeof value === 'object' && value !== null) {
      open.push({ end: '}', isFirst: true, items: entriesOf(value) });
      return '{';
    }
    return JSON.stringify(value) ?? 'null';
  };
  yield begin(whole);
  for (let innermost = open.at(-1); innermost; innermost = open.at(-1)) {
    const { done, value: item } = innermost.items.next();
    if (done) {
      open.pop();
      yield innermost.end;
      continue;
    }
    const [key, value] = item;
    const start = `${innermost.isFirst ? '' : ','}${key === null ? '' : `${JSON.stringify(key)}:`}`;
    innermost.isFirst = false;
    yield start + begin(value);
  }
}

function* itemsOf(list: readonly unknown[]): Generator<[null, unknown]> {
  for (const item of list) yield [null, item];
}
function* entriesOf(object: object): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(object) as [string, unknown][]) if (value !== undefined) yield [key, value];
}

const isBare = (value: unknown): boolean => typeof value !== 'object' || value === null;

const plain = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
    ? (value as { toJSON(): unknown }).toJSON()
    : value;
