import { isObject } from './changes.ts';

/**
 * JSON merge patch (RFC 7396): objects are merged, null removes a member, everything else, arrays too, replaces what
 * was there.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
