/** The invalid fields of a request: what was sent, what was expected and, if it can be guessed, what was meant. */
import type { ErrorDetail } from '../errors.ts';
import { hintAt, lettersOf, meantName, synonymsOf } from '../vocabulary/suggest.ts';
import { isObject, joinPath, type SchemaNode } from './schema-node.ts';

/** More problems than this help no one: the first ones usually cause the others. */
const MOST_DETAILS = 50;

/** Where a property may be. `types` are the choices that have it, if it is an option of a choice. */
interface Place {
  path: string;
  types: string[];
}

export class Problems {
  readonly details: ErrorDetail[] = [];
  count = 0;
  readonly #schema: SchemaNode;

  /** `schema` is that of the whole request, because a property that is unknown in one place may belong in another. */
  constructor(schema: unknown) {
    this.#schema = schema as SchemaNode;
  }

  add(path: string, message: string, expected?: string): void {
    this.count += 1;
    if (this.#isFull) return;
    this.details.push(expected === undefined ? { path, message } : { path, message, expected });
  }

  addAll(details: readonly ErrorDetail[]): void {
    for (const { path, message, expected } of details) this.add(path, message, expected);
  }

  mismatch(path: string, expected: string, value: unknown): void {
    this.add(
      path,
      value === undefined ? `is required: ${expected}` : `must be ${expected}, but is ${kindAndValue(value)}`,
      expected,
    );
  }

  unknownProperty(path: string, key: string, known: readonly string[]): void {
    if (this.#isFull) {
      this.count += 1;
      return;
    }
    this.add(
      joinPath(path, brief(key).slice(1, -1)),
      `is not a known property${this.#hint(path, key, known)}`,
      known.length === 0 ? 'no properties' : `one of ${known.join(', ')}`,
    );
  }

  unknownName(path: string, what: string, value: string, known: readonly string[]): void {
    if (this.#isFull) {
      this.count += 1;
      return;
    }
    const meant = meantName(value, known);
    const hint = meant === undefined ? hintAt(path) : `did you mean "${meant}"?`;
    this.add(
      path,
      `must be a known ${what}, but is ${brief(value)}${hint === undefined ? '' : `; ${hint}`}`,
      `one of ${known.join(', ')}`,
    );
  }

  /** Once it is full, nothing is compared, so a request with many unknown keys costs no more than one with 50. */
  get #isFull(): boolean {
    return this.details.length >= MOST_DETAILS;
  }

  #hint(path: string, key: string, known: readonly string[]): string {
    const own = path.replace(/\[\d+\]/g, '[]');
    const hint = hintAt(joinPath(own, key));
    if (hint !== undefined) return `; ${hint}`;
    const meant = meantName(key, known);
    if (meant !== undefined) return `; did you mean "${meant}"?`;
    const { places, spellings } = namesIn(this.#schema);
    for (const name of [key, ...(spellings.get(lettersOf(key)) ?? []), ...synonymsOf(key)]) {
      const place = nearest(places.get(name) ?? [], own);
      if (place === undefined) continue;
      if (place.path === own)
        return `; it is an option of ${place.types.join(', ')}, and those here are ${known.filter((option) => option !== 'type').join(', ')}`;
      return name === key
        ? `; it belongs in ${place.path || 'the job itself'}`
        : `; did you mean "${name}" in ${place.path || 'the job itself'}?`;
    }
    return '';
  }
}

interface KnownNames {
  places: ReadonlyMap<string, readonly Place[]>;
  /** Names that differ in case and punctuation only. */
  spellings: ReadonlyMap<string, readonly string[]>;
}
const known = new WeakMap<SchemaNode, KnownNames>();

/** Found once for a schema, and not before a property is unknown. */
function namesIn(schema: SchemaNode): KnownNames {
  const found = known.get(schema);
  if (found) return found;
  const places = placesOf(schema, '', new Map());
  const spellings = new Map<string, string[]>();
  for (const name of places.keys()) spellings.set(lettersOf(name), [...(spellings.get(lettersOf(name)) ?? []), name]);
  const names = { places, spellings };
  known.set(schema, names);
  return names;
}

/** The place that shares the longest prefix with the path of the property. */
function nearest(places: readonly Place[], path: string): Place | undefined {
  const shared = (place: Place) => {
    const [a, b] = [place.path.split('.'), path.split('.')];
    const end = a.findIndex((part, index) => part !== b[index]);
    return end < 0 ? a.length : end;
  };
  return places.toSorted((a, b) => shared(b) - shared(a))[0];
}

/** Where each property may be. */
function placesOf(node: SchemaNode, path: string, places: Map<string, Place[]>): Map<string, Place[]> {
  const type = node.properties?.['type']?.const;
  for (const [key, property] of Object.entries(node.properties ?? {})) {
    const known = places.get(key) ?? [];
    places.set(key, known);
    const place = known.find((other) => other.path === path) ?? { path, types: [] };
    if (!known.includes(place)) known.push(place);
    if (typeof type === 'string') place.types.push(type);
    placesOf(property, joinPath(path, key), places);
  }
  for (const member of node.anyOf ?? []) placesOf(member, path, places);
  if (node.items) placesOf(node.items, `${path}[]`, places);
  return places;
}

/** The first problem as the end of a sentence, and how many more there are. */
export function nameFirst(details: readonly ErrorDetail[], count = details.length): string {
  const [first] = details;
  const named = [first?.path, first?.message].filter(Boolean).join(' ');
  if (count > 1) return `${named}; and ${count - 1} more.`;
  return named.endsWith('?') ? named : `${named}.`;
}

/** A value in a message: short, and on one line. */
export function brief(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
}

/** The same, but with the type, which may be what is wrong: a number in quotes looks right at first sight. */
export const kindAndValue = (value: unknown): string =>
  typeof value === 'string' ? `the string ${brief(value)}` : brief(value);
