import type { ErrorDetail } from '../errors.ts';

/** What the service refused, and why. `status` 0 and code `UNREACHABLE`: it did not answer at all. */
export class RelumineApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: readonly ErrorDetail[];

  constructor(
    code: string,
    status: number,
    message: string,
    options: { details?: readonly ErrorDetail[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'RelumineApiError';
    this.code = code;
    this.status = status;
    this.details = options.details ?? [];
  }
}
