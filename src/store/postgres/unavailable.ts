/**
 * The store cannot be opened, for a reason that the operator can mend: its message is one line, and all that needs to
 * be shown.
 */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}
