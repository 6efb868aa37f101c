/**
 * Options as fragments of JSON Schema, and the types that follow from them. A default is written once, in its
 * fragment: the reader of jobs fills it in, OpenAPI and the form of the dashboard show it.
 */

export interface OptionSchema {
  readonly type: keyof Kinds;
  readonly default?: unknown;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly description?: string;
}
/** A list of values of one kind. */
export interface OptionList {
  readonly type: 'array';
  readonly items: OptionSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
}
/** An option of more than one kind, such as a number or null. */
export interface OptionUnion {
  readonly anyOf: readonly (OptionSchema | OptionList)[];
  readonly default?: unknown;
  readonly description?: string;
}
export type Option = OptionSchema | OptionUnion;
export type Options = Readonly<Record<string, Option>>;

export type ValueOf<O> = O extends { readonly const: infer Value }
  ? Value
  : O extends { readonly enum: readonly (infer Name)[] }
    ? Name
    : O extends { readonly anyOf: readonly (infer Member)[] }
      ? ValueOf<Member>
      : O extends { readonly items: infer Item }
        ? ValueOf<Item>[]
        : O extends { readonly type: keyof Kinds }
          ? Kinds[O['type']]
          : never;
interface Kinds {
  number: number;
  integer: number;
  boolean: boolean;
  string: string;
  null: null;
}

type WithDefault<O> = { [K in keyof O]: O[K] extends { readonly default: unknown } ? K : never }[keyof O];
export type Flat<T> = { [K in keyof T]: T[K] };

/** Options as they are submitted: those with a default may be left out. */
export type Given<O> = Flat<
  { -readonly [K in Exclude<keyof O, WithDefault<O>>]: ValueOf<O[K]> } & {
    -readonly [K in WithDefault<O>]?: ValueOf<O[K]>;
  }
>;
/** Options with every default filled in. */
export type Filled<O> = { -readonly [K in keyof O]: ValueOf<O[K]> };

/** The entries of a map of choices that need no options and can be chosen by name alone. */
export type BareName<Map> = {
  [Name in keyof Map]: Exclude<keyof Map[Name], WithDefault<Map[Name]>> extends never ? Name : never;
}[keyof Map];

/** A choice as it is submitted: a name, or an object with options. */
export type GivenChoice<Map> =
  BareName<Map> | { [Name in keyof Map]: Flat<{ type: Name } & Given<Map[Name]>> }[keyof Map];
/**
 * A choice with its options filled in; `Name` picks some of the entries. One mapped type, and no intersection, lets the
 * compiler see in generic code that the `type` of a `FilledChoice<Map, Name>` is a `Name`.
 */
export type FilledChoice<Map, Name extends keyof Map = keyof Map> = {
  [K in Name]: { -readonly [P in 'type' | keyof Map[K]]: P extends 'type' ? K : ValueOf<Map[K][P & keyof Map[K]]> };
}[Name];

/** The names of a map, in its order. */
export const namesOf = <Map extends object>(map: Map): readonly (keyof Map & string)[] =>
  Object.keys(map) as (keyof Map & string)[];

type Choices = Readonly<Record<string, Options>>;
type NameOf<Choice> = Choice extends string ? Choice : Choice extends { type: infer Name } ? Name : never;

/** What was given, with the defaults of the options that are missing. Options come first, in their order. */
export function withDefaults(options: Options, given: object): object {
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const known = Object.entries(options).filter(([name, option]) => name in values || option.default !== undefined);
  return { ...Object.fromEntries(known.map(([name, option]) => [name, option.default])), ...values };
}

/** Fills the defaults into a choice. Its options come in the order of the map. */
export function fill<Map extends Choices, Choice extends GivenChoice<Map>>(
  map: Map,
  choice: Choice,
): FilledChoice<Map, NameOf<Choice> & keyof Map> {
  const { type, ...given }: Readonly<Record<string, unknown>> =
    typeof choice === 'object' && choice !== null ? { ...choice } : { type: choice };
  return { type, ...withDefaults(map[String(type)] ?? {}, given) } as FilledChoice<Map, NameOf<Choice> & keyof Map>;
}
