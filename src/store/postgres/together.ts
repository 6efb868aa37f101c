/**
 * Writes or reads together what is asked for while the call before is in progress. So many clients at once do not wait for one
 * another, and each gets an answer of its own.
 */
import { outageBehind } from './availability.ts';

export interface TogetherOptions<Asked, Answer> {
  /** The answers in the order of what was asked for. */
  send: (group: readonly Asked[]) => Promise<readonly Answer[]>;
  /** In one call. */
  most: number;
  /** What is sent alone, because it takes a while. */
  isAlone?: (asked: Asked) => boolean;
}

interface Waiting<Asked, Answer> {
  asked: Asked;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

export class Together<Asked, Answer> {
  readonly #options: TogetherOptions<Asked, Answer>;
  #waiting: Waiting<Asked, Answer>[] = [];
  #isSending = false;

  constructor(options: TogetherOptions<Asked, Answer>) {
    this.#options = options;
  }

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject });
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#sendGroup(group);
      } catch (error) {
        // What is wrong with one of them does not concern the others. Without an answer it may all be committed.
        if (group.length === 1 || outageBehind(error)) for (const { reject } of group) reject(error);
        else for (const one of group) await this.#sendGroup([one]).catch((cause: unknown) => one.reject(cause));
      }
    }
    this.#isSending = false;
  }

  #takeGroup(): Waiting<Asked, Answer>[] {
    const { most, isAlone = () => false } = this.#options;
    const end = this.#waiting.findIndex(({ asked }) => isAlone(asked));
    return this.#waiting.splice(0, end === -1 ? most : Math.max(1, Math.min(most, end)));
  }

  async #sendGroup(group: readonly Waiting<Asked, Answer>[]): Promise<void> {
    const answers = await this.#options.send(group.map(({ asked }) => asked));
    for (const [index, { resolve }] of group.entries()) resolve(answers[index]!);
  }
}
