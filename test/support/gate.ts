/**
 * A gate holds rehearsed runs at a step until the test opens it, so that no run passes the moment that a test waits
 * for, however slow the machine is. It is a file, because a file reaches threads in every process and needs no
 * database.
 */
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Gate {
  readonly #path = join(tmpdir(), `relumine-gate-${randomUUID()}`);

  /** Metadata of a job whose run starts no chunk at or after `step` until the gate is opened. */
  at(step: number): { gate: string; gateAt: number } {
    return { gate: this.#path, gateAt: step };
  }

  /** Lets runs continue, up to the next `step` if one is given. */
  open(step = Infinity): void {
    writeFileSync(this.#path, String(step));
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
