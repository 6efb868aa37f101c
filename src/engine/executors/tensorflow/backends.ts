/**
 * Finds the TensorFlow.js backend to compute on: tfjs-node if it is installed and loads, else WASM, else plain
 * JavaScript. All of them must share one tfjs-core, and they do if they are required as CommonJS, as tfjs-node does.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type TensorFlow = typeof import('@tensorflow/tfjs-core');
const BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;
/** `tensorflow` is tfjs-node. */
export type Backend = (typeof BACKENDS)[number];

export interface OpenBackend {
  tf: TensorFlow;
  backend: Backend;
  reason: string | null;
}

const require = createRequire(import.meta.url);

/** Opens the given backend, or the best one if null. Throws if none loads. */
export const openBackend = (wanted: Backend | null): Promise<OpenBackend> => inTurn(() => findBackend(wanted));

async function findBackend(wanted: Backend | null): Promise<OpenBackend> {
  const tf = require('@tensorflow/tfjs-core') as TensorFlow;
  tf.enableProdMode(); // otherwise every op checks for leaks, and plain JavaScript recommends tfjs-node on the console
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
    // TensorFlow logs its use of the processor and of oneDNN to standard error when it loads. Small steps are not
    // slower without oneDNN. In a worker thread these settings reach the library only if the thread shares the
    // environment of the process (SHARE_ENV).
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
    restoreUtil();
    require(PACKAGES.tensorflow);
    await activate(tf, 'tensorflow');
    // A process crashes at exit if one of its threads loaded tfjs-node and ended without running an operation.
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
  if (!(await tf.setBackend(backend))) throw new Error('The backend does not start.');
}

let lastTurn: Promise<unknown> = Promise.resolve();

/** The process has one current backend, and switching takes time, so work on backends is done in turn. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => {
    /* the caller of this turn gets the error */
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
