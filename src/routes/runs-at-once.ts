/**
 * Asks the store once for all who ask for the same run at the same time, as when thousands of sockets are opened. Nothing is
 * remembered: whoever asks after the answer has come asks the store again.
 */
import type { Run } from '../vocabulary/index.ts';
import type { RunStore, Sight } from '../store/store.ts';

export class RunsAtOnce implements Pick<RunStore, 'get'> {
  readonly #runs: Pick<RunStore, 'get'>;
  #asked = new Map<string, Promise<Run | null>>();

  constructor(runs: Pick<RunStore, 'get'>) {
    this.#runs = runs;
  }

  async get(runId: string, sight: Sight = null): Promise<Run | null> {
    const run = await (this.#asked.get(runId) ?? this.#ask(runId));
    return run && (sight === null || sight.includes(run.project)) ? run : null;
  }

  /** Something has changed: nobody joins a question that was asked before. */
  forget(): void {
    this.#asked.clear();
  }

  #ask(runId: string): Promise<Run | null> {
    const answer = this.#runs.get(runId);
    this.#asked.set(runId, answer);
    const forget = (): void => {
      if (this.#asked.get(runId) === answer) this.#asked.delete(runId);
    };
    answer.then(forget, forget);
    return answer;
  }
}
