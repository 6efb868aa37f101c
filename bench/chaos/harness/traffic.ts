/** What goes on meanwhile: something trains and is watched, runs are read, and new ones come in. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from '../../../src/vocabulary/index.ts';
import type { Client } from './client.ts';
import type { Runs } from './runs.ts';

const READ_EVERY_MS = 100;
const LIVE_RUNS = 2;

export class Traffic {
  readonly #runs: Runs;
  readonly #client: Client;
  readonly #job: Job;
  #isOver = false;
  readonly #done: Promise<unknown>;
  #fault: unknown = null;

  constructor(runs: Runs, client: Client, job: Job) {
    this.#runs = runs;
    this.#client = client;
    this.#job = job;
    this.#done = Promise.all([this.#train(), this.#read()]).catch((error: unknown) => {
      this.#fault = error;
    });
  }

  /** Nothing new begins. Throws what went wrong meanwhile. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
    if (this.#fault !== null) throw this.#fault;
  }

  async #train(): Promise<void> {
    for (let count = 0; !this.#isOver;) {
      if (this.#runs.witnesses.filter(({ hasEnded }) => !hasEnded).length < LIVE_RUNS)
        await this.#runs.watch({ ...this.#job, name: `watched ${count++}` });
      else await delay(READ_EVERY_MS);
    }
  }

  async #read(): Promise<void> {
    while (!this.#isOver) {
      const id = this.#runs.witnesses.at(-1)?.runId;
      for (const path of id === undefined ? ['/v1/runs'] : [`/v1/runs/${id}`, `/v1/runs/${id}/metrics`, '/v1/runs']) {
        const answer = await this.#client.ask({ method: 'GET', path });
        if (answer && answer.status !== 200) this.#runs.missing(path, answer.status);
      }
      await delay(READ_EVERY_MS);
    }
  }
}
