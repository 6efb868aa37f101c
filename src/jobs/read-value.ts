/**
 * Reads a value by a JSON schema: fills in the defaults, and reports every invalid field with what was expected. The
 * messages of common validators are of little use here. For a union they list the failures of every member, although
 * `type` says which member was meant, and for an unknown name they do not list the known ones.
 */
import { LARGEST_FLOAT32 } from './float32.ts';
import { brief, type Problems } from './problems.ts';
import { isObject, joinPath, type SchemaNode } from './schema-node.ts';

/**
 * The value with defaults filled in; undefined, with its problem reported, if it is invalid. `path` is empty for the
 * whole body. Properties that an object's schema does not name are refused, unless it says `additionalProperties`.
 */
export function readValue(schema: unknown, value: unknown, path: string, problems: Problems): unknown {
  const node = schema as SchemaNode;
  if (node.anyOf) return readUnion(node.anyOf, value, path, problems);
  if (node.enum) return readName(node.enum, value, path, problems);
  if (node.type === undefined && node.const === undefined) return value;
  if (node.type === 'object') return readObject(node, value, path, problems);
  if (node.type === 'array') return readList(node, value, path, problems);
  if (node.type === 'string' && typeof value === 'string' && node.const === undefined)
    return readText(node, value, path, problems);
  if (fits(node, value)) return value;
  problems.mismatch(path, describe(node), value);
  return undefined;
}

function readName(known: readonly unknown[], value: unknown, path: string, problems: Problems): unknown {
  if (known.includes(value)) return value;
  if (typeof value === 'string') problems.unknownName(path, nounAt(path), value, known.map(String));
  else problems.mismatch(path, `one of ${known.join(', ')}`, value);
  return undefined;
}

function readObject(node: SchemaNode, value: unknown, path: string, problems: Problems): unknown {
  if (!isObject(value)) {
    problems.mismatch(path, 'an object', value);
    return undefined;
  }
  const entries = node.patternProperties ? Object.values(node.patternProperties)[0] : node.additionalProperties;
  if (isObject(entries)) return readRecord(node, entries, value, path, problems);
  const properties = node.properties ?? {};
  const read: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(properties)) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    if (given !== undefined) read[key] = readValue(property, given, joinPath(path, key), problems);
    else if (node.required?.includes(key)) problems.mismatch(joinPath(path, key), describe(property), undefined);
    // A default is read too, because an object or a name stands for all of its defaults.
    else if (property.default !== undefined)
      read[key] = readValue(property, property.default, joinPath(path, key), problems);
  }
  const known = Object.keys(properties);
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue;
    if (node.additionalProperties === true) {
      read[key] = value[key];
      continue;
    }
    problems.unknownProperty(path, key, known);
  }
  return read;
}

function readRecord(
  node: SchemaNode,
  values: SchemaNode,
  value: Record<string, unknown>,
  path: string,
  problems: Problems,
): unknown {
  const entries = Object.entries(value);
  if (node.maxProperties !== undefined && entries.length > node.maxProperties) {
    problems.add(
      path,
      `must have at most ${node.maxProperties} entries, but has ${entries.length}`,
      `at most ${node.maxProperties} entries`,
    );
    return undefined;
  }
  return Object.fromEntries(
    entries.map(([key, entry]) => {
      const place = `${path}[${brief(key)}]`;
      if (node.propertyNames) readText(node.propertyNames, key, `the key of ${place}`, problems);
      return [key, readValue(values, entry, place, problems)];
    }),
  );
}

function readList(node: SchemaNode, value: unknown, path: string, problems: Problems): unknown {
  if (!Array.isArray(value) || value.length < (node.minItems ?? 0) || value.length > (node.maxItems ?? Infinity)) {
    problems.mismatch(path, describe(node), value);
    return undefined;
  }
  return value.map((item: unknown, index) => readValue(node.items, item, `${path}[${index}]`, problems));
}

function readText(node: SchemaNode, value: string, path: string, problems: Problems): unknown {
  if (value.length < (node.minLength ?? 0) || value.length > (node.maxLength ?? Infinity)) {
    problems.add(path, `must be ${describe(node)}, but has ${value.length} characters`, describe(node));
  } else if (value.includes('\0') || /\p{Surrogate}/u.test(value)) {
    // Postgres can store neither.
    problems.add(path, 'must not contain U+0000 or half of a surrogate pair', 'Unicode text');
  } else return value;
  return undefined;
}

/** The property that names the member of a union. */
const NAMING = ['type', 'by'] as const;
const namingOf = (members: readonly SchemaNode[]): string =>
  NAMING.find((key) => members.some((member) => member.properties?.[key]?.const !== undefined)) ?? NAMING[0];

/** The member that was meant: by `type` or `by` if the members have it, otherwise the first one of the value's type. */
function readUnion(members: readonly SchemaNode[], value: unknown, path: string, problems: Problems): unknown {
  const naming = namingOf(members);
  const choices = members.filter((member) => member.properties?.[naming]?.const !== undefined);
  if (choices.length === 0) {
    const meant =
      members.find((member) => fits(member, value)) ??
      members.find((member) => member.type !== 'null' && sameKind(member, value));
    if (meant) return readValue(meant, value, path, problems);
    problems.mismatch(path, members.map(describe).join(' or '), value);
    return undefined;
  }
  const known = choices.map((member) => nameOf(member, naming));
  const byName = members.length > choices.length;
  if (typeof value === 'string' && byName) {
    const member = choices[known.indexOf(value)];
    if (member) return readValue(member, { [naming]: value }, path, problems);
    problems.unknownName(path, nounAt(path), value, known);
    return undefined;
  }
  if (!isObject(value)) {
    problems.mismatch(
      path,
      byName
        ? `one of ${known.join(', ')}, or an object with one of them as its "${naming}"`
        : `an object whose "${naming}" is one of ${known.join(', ')}`,
      value,
    );
    return undefined;
  }
  const name = value[naming];
  const member = typeof name === 'string' ? choices[known.indexOf(name)] : undefined;
  if (member) return readValue(member, value, path, problems);
  if (typeof name === 'string') problems.unknownName(joinPath(path, naming), naming, name, known);
  else problems.mismatch(joinPath(path, naming), `one of ${known.join(', ')}`, name);
  return undefined;
}

/** `training.loss` is a loss, `model.layers[0].kernelInitializer` a kernel initializer. */
function nounAt(path: string): string {
  const [key = ''] = path.split('.').slice(-1);
  const words = key.replace(/\[\d+\]$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words || 'name';
}

const nameOf = (member: SchemaNode, naming: string): string => String(member.properties?.[naming]?.const);

function fits(node: SchemaNode, value: unknown): boolean {
  if (node.const !== undefined) return value === node.const;
  if (node.enum) return node.enum.includes(value);
  if (node.type !== 'number' && node.type !== 'integer') return sameKind(node, value);
  if (typeof value !== 'number' || !(Math.abs(value) <= LARGEST_FLOAT32)) return false;
  if (node.type === 'integer' && !Number.isSafeInteger(value)) return false;
  return (
    value >= (node.minimum ?? -Infinity) &&
    value <= (node.maximum ?? Infinity) &&
    value > (node.exclusiveMinimum ?? -Infinity) &&
    value < (node.exclusiveMaximum ?? Infinity)
  );
}

function sameKind(node: SchemaNode, value: unknown): boolean {
  if (node.const !== undefined) return false;
  switch (node.type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return typeof value === 'number';
    case undefined:
      return false;
    default:
      return typeof value === node.type;
  }
}

function describe(node: SchemaNode): string {
  if (node.anyOf) {
    const naming = namingOf(node.anyOf);
    const choices = node.anyOf.flatMap((member) => member.properties?.[naming]?.const ?? []).map(String);
    return choices.length > 0 ? `one of ${choices.join(', ')}` : node.anyOf.map(describe).join(' or ');
  }
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
      return `an integer${range(node)}`;
    case 'number':
      return `a finite number${range(node)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return `a string${node.minLength ? ` of ${node.minLength} to ${node.maxLength} characters` : node.maxLength === undefined ? '' : ` of at most ${node.maxLength} characters`}`;
    case 'array':
      return `a list${node.maxItems === undefined ? '' : ` of at most ${node.maxItems}`}`;
    case 'object':
      return 'an object';
    case undefined:
      return 'any value';
    default:
      return node.type;
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): string {
  const low =
    minimum !== undefined ? `from ${minimum}` : exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : '';
  const high =
    maximum !== undefined ? `to ${maximum}` : exclusiveMaximum !== undefined ? `below ${exclusiveMaximum}` : '';
  const joint = low && high ? (maximum !== undefined && minimum !== undefined ? ' ' : ' and ') : '';
  return low || high ? ` ${low}${joint}${high}` : '';
}
