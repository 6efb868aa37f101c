/**
 * Finds the TensorFlow.js backend to compute on: tfjs-node where it is installed and loads, else WASM, else plain
 * JavaScript.
 * All of them must share one tfjs-core. Required as CommonJS, as tfjs-node itself does it, they do.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type TensorFlow = typeof import('@tensorflow/tfjs-core');
export const BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;
/** `tensorflow` is tfjs-node. */
export type Backend = (typeof BACKENDS)[number];

export interface OpenBackend {
  tf: TensorFlow;
  backend: Backend;
  reason: string | null;
}

const require = createRequire(import.meta.url);

/** Makes the backend ready, or the best one where none is named. Throws when a named one does not load. */
export const openBackend = (wanted: Backend | null): Promise<OpenBackend> => inTurn(() => findBackend(wanted));

async function findBackend(wanted: Backend | null): Promise<OpenBackend> {
  const tf = require('@tensorflow/tfjs-core') as TensorFlow;
  tf.enableProdMode(); // without it every op looks for leaks, and plain JavaScript recommends tfjs-node on the console
  const reasons: string[] = [];
  for (const backend of wanted ? [wanted] : BACKENDS) {
    try {
      await LOADERS[backend](tf);
      return { tf, backend, reason: reasons.length > 0 ? reasons.join(' ') : null };
    } catch (error) {
      reasons.push(
        `${PACKAGES[backend]} did not load: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      );
    }
  }
  throw new Error(reasons.join(' '));
}

const PACKAGES: Record<Backend, string> = {
  tensorflow: '@tensorflow/tfjs-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs-backend-cpu',
};

const LOADERS: Record<Backend, (tf: TensorFlow) => Promise<void>> = {
  async tensorflow(tf) {
    // TensorFlow praises the processor and oneDNN on the standard error when it loads. Without oneDNN small steps are
    // no slower.
    // In a worker thread these settings only reach the library when the thread shares its process' environment
    // (SHARE_ENV).
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
    restoreUtil();
    require(PACKAGES.tensorflow);
    await activate(tf, 'tensorflow');
    // A process whose thread loaded tfjs-node and ended without one operation crashes when it exits.
    tf.tidy(() => tf.add(1, 1).dataSync());
  },
  async wasm(tf) {
    const wasm = require(PACKAGES.wasm) as typeof import('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(join(dirname(require.resolve(`${PACKAGES.wasm}/package.json`)), 'wasm-out/'));
    await activate(tf, 'wasm');
  },
  async cpu(tf) {
    require(PACKAGES.cpu);
    await activate(tf, 'cpu');
  },
};

/**
 * tfjs-node 4.22 calls two functions of node:util that warn in Node 22 and are gone in Node 23. Plain ones in their place
 * serve every version; they are assigned to the CommonJS module, which is the object that tfjs-node reads them from.
 */
function restoreUtil(): void {
  Object.assign(require('node:util') as object, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

async function activate(tf: TensorFlow, backend: Backend): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new Error('the backend does not start');
}

let lastTurn: Promise<unknown> = Promise.resolve();

/** The current backend is the whole process's, and switching takes time: whoever needs one waits for its turn. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => {
    /* told to whoever waits for this turn */
  });
  return turn;
}

/** Does synchronous work while the backend is the current one. */
export function onBackend<T>({ tf, backend }: OpenBackend, work: () => T): Promise<T> {
  return inTurn(async () => {
    if (tf.getBackend() !== backend) await activate(tf, backend);
    return work();
  });
}
