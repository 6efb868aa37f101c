/** Values that a schema allows. */
import type { Draw } from './draw.ts';
import type { Api, Schema } from './document.ts';

const WORDS = ['relu', 'default', 'a name', 'Ada', 'loss', 'dense_1', 'x', '2026-11-28T12:00:00Z', 'naïve ☃', 'mnist'];
const DEEPEST = 6;
/** Where a schema has no bound. */
const LARGEST = 1000;

export function valueOf(api: Api, given: Schema, draw: Draw, depth = 0): unknown {
  const schema = api.resolve(given);
  if (schema.examples && draw.chance(depth === 0 ? 0.7 : 0.4)) return structuredClone(draw.pick(schema.examples));
  if ('const' in schema) return schema.const;
  if (schema.enum) return draw.pick(schema.enum);
  const members = schema.anyOf ?? schema.oneOf;
  if (members) return valueOf(api, draw.pick(members), draw, depth + 1);
  if (schema.allOf)
    return Object.assign({}, ...schema.allOf.map((part) => valueOf(api, part, draw, depth + 1) as object)) as object;
  switch (schema.type) {
    case 'object':
      return objectOf(api, schema, draw, depth);
    case 'array': {
      const least = schema.minItems ?? 0;
      const count = depth > DEEPEST ? least : least + draw.below(Math.min(4, (schema.maxItems ?? LARGEST) - least + 1));
      return Array.from({ length: count }, () => valueOf(api, schema.items ?? {}, draw, depth + 1));
    }
    case 'integer':
      return Math.floor(numberOf(schema, draw));
    case 'number':
      return numberOf(schema, draw);
    case 'boolean':
      return draw.chance(0.5);
    case 'null':
      return null;
    case 'string':
      return textOf(schema, draw);
    case undefined:
    default:
      return draw.pick<unknown>([1, 'x', true, null, {}, []]);
  }
}

function objectOf(api: Api, schema: Schema, draw: Draw, depth: number): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isNeeded = schema.required?.includes(name) ?? false;
    if (isNeeded || (depth < DEEPEST && draw.chance(0.3))) value[name] = valueOf(api, property, draw, depth + 1);
  }
  return value;
}

/** Both ends of the range are as likely as all that is between them. */
function numberOf(
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum, default: byDefault }: Schema,
  draw: Draw,
): number {
  const low = minimum ?? exclusiveMinimum ?? 0;
  const high = maximum ?? exclusiveMaximum ?? Math.max(low + 1, LARGEST);
  if (typeof byDefault === 'number' && draw.chance(0.3)) return byDefault;
  if (draw.chance(0.15) && minimum !== undefined) return minimum;
  if (draw.chance(0.15) && maximum !== undefined) return maximum;
  return draw.uniform(low, Math.min(high, low + LARGEST));
}

function textOf({ minLength = 0, maxLength = LARGEST }: Schema, draw: Draw): string {
  const text = draw.pick(WORDS);
  return text.length < minLength ? text.padEnd(minLength, 'x') : text.slice(0, maxLength);
}
