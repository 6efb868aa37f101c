import type { ErrorCode, ErrorDetail } from '../vocabulary/index.ts';

/** The codes that this version knows, and those of newer services. */
export type ApiErrorCode = ErrorCode | 'UNREACHABLE' | (string & Record<never, never>);

/** An error response of the service, or code `UNREACHABLE` with status 0 if there was no response. */
export class RelumineApiError extends Error {
  readonly code: ApiErrorCode;
  readonly status: number;
  readonly details: readonly ErrorDetail[];

  constructor(
    code: ApiErrorCode,
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
