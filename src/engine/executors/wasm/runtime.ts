/** The WebAssembly of JavaScript, as far as we use it: TypeScript declares it with the browser only. */

/** Compiled code; V8 keeps what it has optimised with it. */
export type Module = object;
export interface Memory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB, zeroed. The former buffer has no bytes from then on. */
  grow(pages: number): number;
}
interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}

declare const WebAssembly: {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
  Memory: new (size: { initial: number; maximum?: number }) => Memory;
  Instance: new (module: Module, imports: { host: { memory: Memory } }) => Instance;
};

const PAGE_BYTES = 65_536;

export const isValid = (bytes: Uint8Array<ArrayBuffer>): boolean => WebAssembly.validate(bytes);
export const compile = (bytes: Uint8Array<ArrayBuffer>): Module => new WebAssembly.Module(bytes);
/** Zeroed memory of at least so many bytes. Throws a RangeError if there is not as much. */
export const allocate = (bytes: number): Memory => new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });

/** Makes the memory at least as large. Views of it have to be made anew. */
export function grow(memory: Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (missing > 0) memory.grow(missing);
}

/** The function that a module exports under this name, on this memory. */
export function instantiate(module: Module, memory: Memory, name: string): (...operands: number[]) => void {
  const exported = new WebAssembly.Instance(module, { host: { memory } }).exports[name];
  if (typeof exported !== 'function') throw new TypeError(`The module exports no function ${name}.`);
  return exported as (...operands: number[]) => void;
}
