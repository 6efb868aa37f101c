/** Loads ONNX Runtime, and holds what its executors have in common. */
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { FLUSHING } from '../../denormals.ts';
import { inputsOf, type Program } from '../../program/program.ts';
import { concreteShape } from '../../program/shapes.ts';
import type { Availability, HostArray } from '../executor.ts';

export type Runtime = typeof import('onnxruntime-node');

const BACKEND = 'onnxruntime';

export class OnnxRuntime {
  readonly version = installedVersion();
  readonly #import: () => Promise<Runtime>;
  #runtime: Promise<Runtime> | null = null;

  constructor(importRuntime: () => Promise<Runtime> = () => import('onnxruntime-node')) {
    this.#import = importRuntime;
  }

  load(): Promise<Runtime> {
    return (this.#runtime ??= this.#import());
  }

  async availability(): Promise<Availability> {
    try {
      await this.load();
      return { available: true, backend: BACKEND, reason: null };
    } catch (error) {
      return { available: false, backend: BACKEND, reason: explain(error) };
    }
  }
}

/** `threads` share each operator; a worker thread trains one run, and there is one of them per core. */
export const sessionOptions = (threads: number): InferenceSession.SessionOptions => ({
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  ...FLUSHING,
});

/** Everything that the programs look up in `data`. It is not copied. */
export function dataTensors(
  runtime: Runtime,
  programs: readonly Program[],
  data: Readonly<Record<string, HostArray>>,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const program of programs) {
    for (const { name, dtype, shape } of inputsOf(program, 'data')) {
      const values = data[name];
      if (!values) throw new RangeError(`Program ${program.name} needs data ${name}.`);
      if (!tensors.has(name))
        tensors.set(name, new runtime.Tensor(dtype, ownMemory(values), concreteShape(shape, Number.NaN)));
    }
  }
  return tensors;
}

/** The runtime takes no shared memory. */
const ownMemory = <A extends HostArray>(values: A): A =>
  values.buffer instanceof ArrayBuffer ? values : (values.slice() as A);

/** Calls of one executable, one after another. */
export class CallsInTurn {
  #last: Promise<unknown> = Promise.resolve();

  add<T>(call: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(call);
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Resolves when the calls that were added so far have ended. */
  async ended(): Promise<void> {
    await this.#last;
  }
}

/** npm leaves the package out where its install script fails, because it is optional. */
function explain(error: unknown): string {
  if ((error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND')
    return 'The package onnxruntime-node is not installed. Run ONNXRUNTIME_NODE_INSTALL=skip npm install where Relumine is installed, then restart the service.';
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  return `onnxruntime-node did not load: ${line}`;
}

function installedVersion(): string {
  try {
    return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
  } catch {
    return 'none';
  }
}
