/** Questions that the service could not answer for the moment are asked again. */
import { RelumineApiError } from './service.ts';

export const AGAIN_MS = 5000;

/** Whether the service has said no: to ask again changes nothing. */
export const isRefusal = (fault: unknown): boolean =>
  fault instanceof RelumineApiError && fault.status >= 400 && fault.status < 500;

/** Whether the same question may be answered later: the service is away, busy, or failed. */
export const mayPass = (fault: unknown): boolean =>
  fault instanceof RelumineApiError && (fault.code === 'UNREACHABLE' || fault.status >= 500);
