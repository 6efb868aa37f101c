/** The errors that clients see: in a response of the API, or as the failure of a run. */
import { STATUS_BY_CODE, type ErrorCode, type ErrorDetail, type FailureCode } from './vocabulary/index.ts';

export type { ErrorCode, ErrorDetail, FailureCode } from './vocabulary/index.ts';

export class RelumineError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ErrorDetail[];
  /** When another attempt makes sense, in seconds. */
  readonly retryAfter: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetail[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'RelumineError';
    this.code = code;
    this.status = STATUS_BY_CODE[code];
    this.details = options.details ?? [];
    this.retryAfter = options.retryAfter ?? null;
  }
}

const NOUNS = {
  RUN_NOT_FOUND: 'Run',
  DATASET_NOT_FOUND: 'Data set',
  VIEW_NOT_FOUND: 'View',
  PROJECT_NOT_FOUND: 'Project',
  PERSON_NOT_FOUND: 'Person',
  SESSION_NOT_FOUND: 'Session',
  KEY_NOT_FOUND: 'Key',
  INVITATION_NOT_FOUND: 'Invitation',
  SHARE_LINK_NOT_FOUND: 'Share link',
  COMMENT_NOT_FOUND: 'Comment',
  WEBHOOK_NOT_FOUND: 'Webhook',
  DELIVERY_NOT_FOUND: 'Delivery',
} as const satisfies Partial<Record<ErrorCode, string>>;

/** The same message wherever a thing is looked up, whether it does not exist or must not be seen. */
export const notFound = (code: keyof typeof NOUNS, idOrName: string): RelumineError =>
  new RelumineError(code, `${NOUNS[code]} ${JSON.stringify(idOrName.slice(0, 100))} not found.`);

/** As many runs wait as may: of the whole service, of the project or of the person who asks. */
export function noRoom(of: 'service' | 'project' | 'person', waiting: number, limit: number): RelumineError {
  if (of === 'service')
    return new RelumineError(
      'QUEUE_FULL',
      `The queue is full: ${waiting} runs are waiting, and the limit is ${limit}. Try again when some have finished, or cancel some.`,
    );
  const whose = of === 'project' ? 'The project has' : 'You have';
  return new RelumineError(
    'LIMIT_REACHED',
    `${whose} ${waiting} runs waiting, and the limit is ${limit}. Try again when some have started, or cancel some.`,
  );
}

/**
 * Why a run cannot be trained, or its model not be opened. A run that trains ends as failed with this code and message;
 * a request for the model is answered as `toAnswer` says.
 */
export class RunFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RunFailure';
    this.code = code;
  }
}

/** The error with which a request is answered that met the failure. */
export const toAnswer = (failure: RunFailure): RelumineError =>
  new RelumineError(ANSWER_CODES[failure.code], failure.message, { cause: failure });

const ANSWER_CODES: Record<FailureCode, ErrorCode> = {
  CHECKPOINT_UNREADABLE: 'CHECKPOINT_UNREADABLE',
  DATASET_UNAVAILABLE: 'DATASET_NOT_FOUND',
  ENGINE_UNAVAILABLE: 'ENGINE_UNAVAILABLE',
  OUT_OF_MEMORY: 'ENGINE_UNAVAILABLE',
  THREAD_CRASHED: 'ENGINE_UNAVAILABLE',
  ATTEMPTS_EXHAUSTED: 'INTERNAL_ERROR',
  DIVERGED: 'INTERNAL_ERROR',
  INTERNAL_ERROR: 'INTERNAL_ERROR',
};
