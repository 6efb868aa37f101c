/** Submits runs and remembers them, to say in the end whether each is there once and has ended as it should. */
import type { Job, Run } from '../../../src/vocabulary/index.ts';
import type { Client } from './client.ts';
import { compareResults, resultOf, type Result } from './result.ts';
import type { Tally } from './tally.ts';
import { Witness } from './witness.ts';
import type { World } from './world.ts';

export class Runs {
  readonly witnesses: Witness[] = [];
  readonly #client: Client;
  readonly #tally: Tally;
  readonly #port: number;
  /** By name, of everything that was submitted, however often it took. */
  readonly #accepted = new Map<string, string>();
  readonly #deleted = new Set<string>();

  constructor(client: Client, { tally, port }: World) {
    this.#client = client;
    this.#tally = tally;
    this.#port = port;
  }

  /** Until it is accepted; the name is the Idempotency-Key. */
  async submit(job: Job & { name: string }): Promise<string> {
    const answer = await this.#client.insist({ method: 'POST', path: '/v1/runs', json: job, key: job.name });
    if (answer?.status !== 201) throw new Error(`${answer?.status} to a job: ${answer?.body.toString().slice(0, 300)}`);
    const { id } = JSON.parse(answer.body.toString()) as Run;
    this.#accepted.set(job.name, id);
    return id;
  }

  /** Submits it and follows it to its end. */
  async watch(job: Job & { name: string }): Promise<Witness> {
    const witness = new Witness(this.#port, await this.submit(job), this.#tally);
    this.witnesses.push(witness);
    return witness;
  }

  /** A run that was accepted, and answers something else than itself. */
  missing(path: string, status: number): void {
    this.#tally.add('lost', `${status} to GET ${path}`);
  }

  forget(name: string): void {
    const id = this.#accepted.get(name);
    if (id !== undefined) this.#deleted.add(id);
    this.#accepted.delete(name);
  }

  /** The result of a run that nothing happens to. */
  async reference(job: Job): Promise<Result> {
    const witness = await this.watch({ ...job, name: 'undisturbed' });
    await witness.ended;
    const result = await resultOf(this.#client, witness.runId);
    if (result.status !== 'succeeded') throw new Error(`The undisturbed run is ${result.status}.`);
    return result;
  }

  /** Waits for the ends of all that is watched. Notes those that do not end in time. */
  async end(withinMs: number): Promise<void> {
    const limit = AbortSignal.timeout(withinMs);
    const over = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([over, Promise.all(this.witnesses.map(({ ended }) => ended))]);
    for (const witness of this.witnesses) {
      if (witness.hasEnded) continue;
      witness.stop();
      const { status, progress } = await this.#client.get<Run>(`/v1/runs/${witness.runId}`);
      this.#tally.add('lost', `the end of run ${witness.runId} was not told; it is ${status} at step ${progress.step}`);
    }
  }

  /** Every accepted run once, every deleted one gone, everything told in the log, and results as they should be. */
  async check(expected: Result): Promise<void> {
    const found = await this.#client.list<Run>('/v1/runs');
    for (const [name, id] of this.#accepted) {
      const same = found.filter((run) => run.name === name);
      if (same.length === 0) this.#tally.add('lost', `run ${id}, ${name}`);
      if (same.length > 1) this.#tally.add('doubled', `${same.length} runs of one key, ${name}`);
    }
    for (const { id } of found)
      if (this.#deleted.has(id)) this.#tally.add('lost', `run ${id} was deleted, and is there`);
    for (const witness of this.witnesses) {
      if (!witness.hasEnded) continue;
      await witness.compare();
      compareResults(this.#tally, witness.runId, await resultOf(this.#client, witness.runId), expected);
    }
  }
}
