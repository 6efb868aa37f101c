/** Questions that the service could not answer for the moment are asked again. */
import { RelumineApiError } from './service.ts';

export const AGAIN_MS = 5000;

/** Whether the same question may be answered later: the service is away, busy, or failed, or there were too many requests. */
export const mayPass = (fault: unknown): boolean =>
  fault instanceof RelumineApiError &&
  (fault.code === 'UNREACHABLE' || fault.code === 'RATE_LIMITED' || fault.status >= 500);

/** Whether the service has said no: to ask again changes nothing. */
export const isRefusal = (fault: unknown): boolean =>
  fault instanceof RelumineApiError && fault.status >= 400 && fault.status < 500 && !mayPass(fault);
