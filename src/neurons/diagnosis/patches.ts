/** Merge patches as advice is built from them. */
import { isObject } from '../../vocabulary/index.ts';

/** A JSON merge patch (RFC 7396) on a spec. */
export type Patch = Record<string, unknown>;

/** One patch that does what the two do one after the other. */
export function joinPatches(first: Patch, second: Patch): Patch {
  const joined = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = joined[key];
    joined[key] = isObject(before) && isObject(value) ? joinPatches(before, value) : value;
  }
  return joined;
}
