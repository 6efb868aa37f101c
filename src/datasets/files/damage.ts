/** What is wrong with a data file, where, and what to do about it. */
import type { FileProblem } from '../../schemas/index.ts';

/** Every problem that is listed is one that a user can find in the file; more are only counted. */
const LISTED_PROBLEMS = 10;

/** The files cannot be read as a table. Answered as 400 INVALID_FILE with `details`. */
export class FileDamage extends Error {
  readonly details: FileProblem[];

  constructor(message: string, details: FileProblem[] = [{ message }], options?: ErrorOptions) {
    super(message, options);
    this.name = 'FileDamage';
    this.details = details;
  }
}

/** Collects the problems of a file, to name several at once. */
export class Problems {
  readonly listed: FileProblem[] = [];
  count = 0;

  add(problem: FileProblem): void {
    this.count++;
    if (this.listed.length < LISTED_PROBLEMS) this.listed.push(problem);
  }

  /** Throws FileDamage if there were any. The message is the first problem's, with the number of the others. */
  throwIfAny(): void {
    const first = this.listed[0];
    if (first === undefined) return;
    const others = this.count - 1;
    const more =
      others === 0 ? '' : ` There ${others === 1 ? 'is 1 more problem' : `are ${others} more problems`} of this kind.`;
    throw new FileDamage(first.message + more, this.listed);
  }
}

/** Damage that `work` meets names its file, if it is one of several. Other errors stay as they are. */
export async function naming<T>(file: string, isOneOfSeveral: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isOneOfSeveral ? inFile(error, file) : error;
  }
}

/** Damage names its file, where it does not name one yet. */
export function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof FileDamage)) return error;
  const details = error.details.map((detail) => ({ file, ...detail }));
  return new FileDamage(`${file}: ${error.message}`, details, { cause: error });
}
