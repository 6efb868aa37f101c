/** A process of the service, started as an operator does, that is killed and frozen from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Conditions, LoopDelay, Order } from './inside.ts';

export type Role = 'serve' | 'worker';

export interface ProcessOptions {
  role: Role;
  env: Readonly<Record<string, string>>;
  /** What it prints is appended to this file. */
  logFile: string;
}

const CLI = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));
const INSIDE = new URL('./inside.js', import.meta.url).href;
const ANSWER_MS = 10_000;

export class ServiceProcess {
  readonly role: Role;
  readonly logFile: string;
  readonly #child: ChildProcess;

  constructor({ role, env, logFile }: ProcessOptions) {
    this.role = role;
    this.logFile = logFile;
    const log = openSync(logFile, 'a');
    this.#child = spawn(process.execPath, ['--import', INSIDE, CLI, role], {
      env: { ...inherited(), LOG_LEVEL: 'warn', WORKERS: '1', TF_CPP_MIN_LOG_LEVEL: '3', ...env },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#child.channel?.unref();
    STARTED.add(this.#child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** How it ended, in words. */
  get ending(): string {
    return `${this.role} ended with ${this.#child.signalCode ?? `code ${this.#child.exitCode}`}: ${this.lastLines()}`;
  }

  /** Resolves when the process is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.hasExited) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    this.#child.kill('SIGCONT');
    await exited;
    STARTED.delete(this.#child);
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Since the last question; null if it does not answer. */
  async loopDelay(): Promise<LoopDelay | null> {
    if (this.hasExited || !this.#child.connected) return null;
    try {
      const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(ANSWER_MS) });
      this.#send({ type: 'loopDelay' });
      return ((await answer) as [LoopDelay])[0];
    } catch {
      return null;
    }
  }

  setConditions(conditions: Conditions): void {
    this.#send({ type: 'conditions', conditions });
  }

  #send(order: Order): void {
    this.#child.send(order, () => undefined);
  }

  /** Resident memory with all threads, in bytes. Linux only. */
  residentBytes(): number {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  }

  lastLines(count = 3): string {
    return readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-count).join(' | ').slice(-1500);
  }
}

/** Whatever the shell has set for a service of its own is not for these. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }) };
}

/** Nothing outlives the process that started it. */
const STARTED = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of STARTED) child.kill('SIGKILL');
});
