/** How schemas are built from the vocabulary, and held to its types by the compiler. */
import { Type, type Static, type TObject, type TOptional, type TProperties, type TSchema, type TUnsafe } from 'typebox';
import {
  namesOf,
  type FilledChoice,
  type GivenChoice,
  type Option,
  type Options,
  type ValueOf,
} from '../vocabulary/index.ts';

/** Every property required, those that are only ever undefined left out: mutual assignability then sees every key. */
type Whole<T> = T extends readonly (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [K in keyof T as T[K] extends undefined ? never : K]-?: Whole<T[K]> }
    : T;
type Assignable<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Agrees<A, B> = Assignable<A, B> extends true ? Assignable<Whole<A>, Whole<B>> : false;

/**
 * Returns the schema itself. It does not compile unless the schema describes exactly T. A property that only one of the
 * two has is an error, optional or not.
 */
export const schemaOf =
  <T>() =>
  <S extends TSchema>(schema: S & (Agrees<Static<S>, T> extends true ? unknown : { differsFrom: T })): S =>
    schema;

export const nullable = <S extends TSchema>(schema: S, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

/** An object that a client sends: properties that it does not name are refused. */
export const closed = <P extends TProperties>(properties: P, description?: string): TObject<P> =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });

type GivenProperties<O> = {
  -readonly [K in keyof O]: O[K] extends { readonly default: unknown }
    ? TOptional<TUnsafe<ValueOf<O[K]>>>
    : TUnsafe<ValueOf<O[K]>>;
};
type PartialProperties<O> = { -readonly [K in keyof O]: TOptional<TUnsafe<ValueOf<O[K]>>> };
type FilledProperties<O> = { -readonly [K in keyof O]: TUnsafe<ValueOf<O[K]>> };

/** Options as they are submitted: those with a default may be left out. */
export const given = <O extends Options>(options: O) =>
  properties(options, (option) =>
    option.default === undefined ? unsafe(option) : Type.Optional(unsafe(option)),
  ) as GivenProperties<O>;
/** Options that may all be left out. */
export const partial = <O extends Options>(options: O) =>
  properties(options, (option) => Type.Optional(unsafe(option))) as PartialProperties<O>;
/** Options with their defaults filled in. */
export const filled = <O extends Options>(options: O) => properties(options, withoutDefault) as FilledProperties<O>;

const unsafe = (option: Option) => Type.Unsafe<unknown>({ ...option });
function withoutDefault(option: Option): TSchema {
  const { default: _default, ...rest } = option;
  return Type.Unsafe<unknown>(rest);
}
const properties = (options: Options, build: (option: Option) => TSchema): TProperties =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [name, build(option)]));

type Choices = Readonly<Record<string, Options>>;

/** A choice by name, or by `{ type, ...options }`. */
export function givenChoice<Map extends Choices>(map: Map, description: string) {
  const bare = namesOf(map).filter((name) =>
    Object.values<Option>(map[name] ?? {}).every((option) => 'default' in option),
  );
  const members = Object.entries(map).map(([name, options]) => closed({ type: Type.Literal(name), ...given(options) }));
  return Type.Unsafe<GivenChoice<Map>>(Type.Union([Type.Enum([...bare]), ...members], { description }));
}

/** A choice with its options filled in: one member per entry of the map. */
export const filledChoice = <Map extends Choices>(map: Map, description: string) =>
  Type.Unsafe<FilledChoice<Map>>(
    Type.Union(
      Object.entries(map).map(([name, options]) => Type.Object({ type: Type.Literal(name), ...filled(options) })),
      { description },
    ),
  );
