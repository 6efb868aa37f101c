/** The values of a statement that is put together from parts, numbered in the order in which they are bound. */

/** Returns the parameter, such as `$3`. */
export type Bind = (value: unknown) => string;

export function bindings(): { values: unknown[]; bind: Bind } {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}
