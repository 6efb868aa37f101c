/**
 * The store cannot be opened for a reason that the operator can fix. Only the message needs to be shown; it is one
 * line.
 */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}

/** Another process has the data directory open. */
export class DataInUse extends StoreUnavailable {}
