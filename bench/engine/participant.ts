/** The process of a contestant, as the measuring process sees it. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BenchNetwork } from './networks.ts';
import type { Reply, Request, Trained } from './protocol.ts';

/** One thread for each contestant. */
const ONE_THREAD = {
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
  XLA_FLAGS: '--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1',
  TF_CPP_MIN_LOG_LEVEL: '2',
  JAX_PLATFORMS: 'cpu',
};

/** Long enough for the clock, and for several chunks of our loop. */
const ROUND_MS = 400;

export interface Options {
  python: string;
  /** auto, or the name of our engine. */
  engine: string;
}

export interface Kind {
  name: string;
  command: (options: Options) => [string, ...string[]];
}

const script = (name: string): string => new URL(name, import.meta.url).pathname;
/** Python is not compiled, so the script is among the sources. */
const pythonScript = new URL('../../../bench/engine/peers.py', import.meta.url).pathname;

function relumine(age: string): Kind['command'] {
  return ({ engine }) => [process.execPath, script('relumine.js'), age, engine];
}

export const KINDS = {
  counters: { name: 'relumine, all counters', command: relumine('on') },
  countersOff: { name: 'relumine, no counters', command: relumine('off') },
  young: { name: 'relumine, first 4,000 steps', command: relumine('young') },
  aged: { name: 'relumine, after 35,000 steps', command: relumine('aged') },
  torch: { name: 'PyTorch eager, fused Adam', command: ({ python }) => [python, pythonScript, 'torch'] },
  torchHooks: { name: 'PyTorch, hooks + TensorBoard', command: ({ python }) => [python, pythonScript, 'torch-hooks'] },
  jax: { name: 'JAX, jit + scan', command: ({ python }) => [python, pythonScript, 'jax'] },
  tfjsFit: { name: 'tfjs-node model.fit', command: () => [process.execPath, script('tfjs-fit.js')] },
} as const satisfies Record<string, Kind>;
export type KindName = keyof typeof KINDS;

export class Participant {
  readonly kind: KindName;
  /** What it chose to compute with. */
  engine: string | null = null;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #replies: AsyncIterator<string>;
  readonly #ended: Promise<string>;
  #steps = 4;

  private constructor(kind: KindName, options: Options) {
    this.kind = kind;
    const [program, ...args] = KINDS[kind].command(options);
    this.#process = spawn(program, args, { env: { ...process.env, ...ONE_THREAD } });
    let words = '';
    this.#process.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-2000);
    });
    this.#process.stdin.on('error', () => {
      /* it has ended: its last words say why */
    });
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve(error.message));
      this.#process.on('close', (code) => resolve(`ended with ${code}: ${words.trim().split('\n').at(-1) ?? ''}`));
    });
    this.#replies = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /**
   * A contestant that has opened the network and found how many steps a round needs, or the reason why it cannot take
   * part.
   */
  static async start(
    kind: KindName,
    options: Options,
    network: BenchNetwork,
    samples: number,
  ): Promise<Participant | string> {
    const participant = new Participant(kind, options);
    const opened = await participant.#ask({ type: 'open', network, samples });
    if (opened.type === 'opened') participant.engine = opened.engine ?? null;
    const failure = opened.type === 'missing' ? opened.reason : await participant.#warmUp();
    if (failure === null) return participant;
    await participant.close();
    return failure;
  }

  /** Milliseconds per step. */
  async round(clock: 'wall' | 'cpu'): Promise<number> {
    const { wallMs, cpuMs } = await this.#train(this.#steps);
    return (clock === 'wall' ? wallMs : cpuMs) / this.#steps;
  }

  async close(): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }

  /**
   * Extends the round until it is long enough. In some libraries the first call with a new length compiles it, so the
   * second call is measured.
   */
  async #warmUp(): Promise<string | null> {
    try {
      for (let cpuMs = 0; cpuMs < ROUND_MS / 2;) {
        await this.#train(this.#steps);
        ({ cpuMs } = await this.#train(this.#steps));
        if (cpuMs < ROUND_MS / 2) this.#steps *= Math.ceil(Math.min(20, ROUND_MS / cpuMs));
      }
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #train(steps: number): Promise<Trained> {
    const reply = await this.#ask({ type: 'train', steps });
    if (reply.type === 'trained') return reply;
    throw new Error(reply.type === 'missing' ? reply.reason : 'The reply does not match the request.');
  }

  async #ask(request: Request): Promise<Reply> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await Promise.race([this.#replies.next(), this.#ended]);
    if (typeof line !== 'string' && line.done !== true) return JSON.parse(line.value) as Reply;
    return { type: 'missing', reason: await this.#ended };
  }
}
