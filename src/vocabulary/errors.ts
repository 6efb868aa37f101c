/** Every error that a client can get, with its HTTP status. Anything else is INTERNAL_ERROR, and a bug. */
export const STATUS_BY_CODE = {
  INVALID_REQUEST: 400,
  INVALID_JOB: 400,
  INVALID_FILE: 400,
  UNAUTHENTICATED: 401,
  RUN_NOT_FOUND: 404,
  DATASET_NOT_FOUND: 404,
  CHECKPOINT_NOT_FOUND: 404,
  NEURONS_NOT_FOUND: 404,
  EVALUATION_NOT_FOUND: 404,
  TRIALS_NOT_FOUND: 404,
  VIEW_NOT_FOUND: 404,
  PROJECT_NOT_FOUND: 404,
  COMMENT_NOT_FOUND: 404,
  SHARE_LINK_NOT_FOUND: 404,
  PERSON_NOT_FOUND: 404,
  KEY_NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  INVITATION_NOT_FOUND: 404,
  WEBHOOK_NOT_FOUND: 404,
  DELIVERY_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  FORBIDDEN: 403,
  FORBIDDEN_ORIGIN: 403,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  WRONG_STATE: 409,
  DATASET_IN_USE: 409,
  MODEL_NOT_READY: 409,
  IDEMPOTENCY_PENDING: 409,
  NAME_TAKEN: 409,
  PROJECT_IN_USE: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  IDEMPOTENCY_CONFLICT: 422,
  UPGRADE_REQUIRED: 426,
  LAST_OWNER: 409,
  RATE_LIMITED: 429,
  QUEUE_FULL: 429,
  LIMIT_REACHED: 429,
  HEADERS_TOO_LARGE: 431,
  ENGINE_UNAVAILABLE: 503,
  OVERLOADED: 503,
  STARTING: 503,
  SHUTTING_DOWN: 503,
  DATABASE_UNAVAILABLE: 503,
  CHECKPOINT_UNREADABLE: 500,
  INTERNAL_ERROR: 500,
  STORAGE_FULL: 507,
} as const;
export type ErrorCode = keyof typeof STATUS_BY_CODE;

/**
 * One invalid field of a request: `path` as in `training.optimizer.learningRate`, `expected` in words. Damage in a file
 * has the name of the file as its path, and its place: the line from 1 on, and the name or number of the column.
 */
export interface ErrorDetail {
  path: string;
  message: string;
  expected?: string;
  line?: number;
  column?: string;
}

export interface ErrorAnswer {
  error: { code: ErrorCode; message: string; details: ErrorDetail[] };
}

/** How a run can fail: kept in the run's `error`, with a message that says what to change. */
export const FAILURE_CODES = [
  'DIVERGED',
  'OUT_OF_MEMORY',
  'ENGINE_UNAVAILABLE',
  'DATASET_UNAVAILABLE',
  'CHECKPOINT_UNREADABLE',
  'THREAD_CRASHED',
  'ATTEMPTS_EXHAUSTED',
  'INTERNAL_ERROR',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];
