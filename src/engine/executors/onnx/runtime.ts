/** Loads ONNX Runtime, and holds what its executors have in common. */
import { createRequire } from 'node:module';
import type { InferenceSession } from 'onnxruntime-node';
import { FLUSHING } from '../../denormals.ts';
import { perOperand } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
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

/** By step input: the row counts of the data that it indexes. */
export function tableSizesOf({ nodes }: Program): Map<string, number[]> {
  const sizes = new Map<string, number[]>();
  for (const node of nodes) {
    if (node.op !== 'gather') continue;
    const [table, indices] = perOperand(node, (id) => nodes[id]);
    if (indices?.op === 'input') sizes.set(indices.name, [...(sizes.get(indices.name) ?? []), Number(table?.shape[0])]);
  }
  return sizes;
}

/** The runtime would take negative indices from the end. */
export function demandRows(indices: HostArray, sampleCount: number): void {
  const wrong = indices.find((index) => index < 0 || index >= sampleCount);
  if (wrong !== undefined) throw new RangeError(`There is no row ${wrong}.`);
}

/** The runtime takes no shared memory. */
export const ownMemory = <A extends HostArray>(values: A): A =>
  values.buffer instanceof ArrayBuffer ? values : (values.slice() as A);

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
