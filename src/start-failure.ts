/** The process cannot start, for a reason that the operator can mend: its message is all that is shown. */
export class StartFailure extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StartFailure';
  }
}
