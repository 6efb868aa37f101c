/** The service as `npm start` runs it, in a separate process, measured from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RelumineClient } from '../../src/client/index.ts';
import { freePort } from '../../test/support/free-port.ts';

const CLI = new URL('../../src/cli.js', import.meta.url).pathname;
const LONGEST_START_MS = 180_000;

export class ServiceProcess {
  readonly url: string;
  readonly client: RelumineClient;
  /** From the start of the process to the first 200 of /health/ready. */
  readonly readyMs: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string, readyMs: number) {
    this.#process = process;
    this.url = url;
    this.client = new RelumineClient(url);
    this.readyMs = readyMs;
  }

  /** `preload`: a module that every thread of the process loads first. */
  static async start({
    dataDir,
    preload,
    env,
  }: {
    dataDir: string;
    preload?: URL;
    env?: Record<string, string>;
  }): Promise<ServiceProcess> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { DATABASE_URL: _server, ...inherited } = process.env;
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...(preload ? ['--import', preload.href] : []), CLI, 'serve'], {
      env: {
        ...inherited,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: dataDir,
        LOG_LEVEL: 'warn',
        WORKERS: '1',
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    while (!(await isReady(url))) {
      if (child.exitCode !== null) throw new Error(`The service exited with ${child.exitCode} before it was ready.`);
      if (performance.now() - startedAt > LONGEST_START_MS) {
        child.kill('SIGKILL');
        throw new Error('The service did not become ready in time.');
      }
      await delay(5);
    }
    return new ServiceProcess(child, url, performance.now() - startedAt);
  }

  /** Resident memory of the process, with all its threads, in MB of 10^6 bytes. */
  residentMb(): number {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#process.pid}/status`, 'utf8')) ?? [];
    return (Number(kibibytes) * 1024) / 1e6;
  }

  /** CPU time of each thread so far, in ms. */
  threadCpuMs(): Map<string, number> {
    const folder = `/proc/${this.#process.pid}/task`;
    return new Map(
      readdirSync(folder).map((thread) => [
        thread,
        Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
      ]),
    );
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exited;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch {
    // The service is not listening yet.
    return false;
  }
}
