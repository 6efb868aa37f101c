/** The errors that clients see: in a response of the API, or as the failure of a run. */
import { STATUS_BY_CODE, type ErrorCode, type ErrorDetail, type FailureCode } from './vocabulary/index.ts';

export { isErrorCode, type ErrorCode, type ErrorDetail, type FailureCode } from './vocabulary/index.ts';

export class RelumineError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ErrorDetail[];

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetail[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'RelumineError';
    this.code = code;
    this.status = STATUS_BY_CODE[code];
    this.details = options.details ?? [];
  }
}

/** The same message wherever a run is looked up. */
export const runNotFound = (id: string): RelumineError =>
  new RelumineError('RUN_NOT_FOUND', `Run ${JSON.stringify(id.slice(0, 100))} not found.`);

/** Thrown inside a training thread: the run ends as failed with this code and message. */
export class RunFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RunFailure';
    this.code = code;
  }
}
