/** The client of the service: runs in Node and in browsers, and depends on nothing. */
export { RelumineApiError, type ApiErrorCode } from './api-error.ts';
export {
  RelumineClient,
  type GroupsQuery,
  type ListQuery,
  type MetricsQuery,
  type NeuronsQuery,
  type SnapshotsQuery,
} from './client.ts';
export type { Credentials, HttpOptions } from './http.ts';
export type { SnapshotMessage, WatchMessage } from './connection.ts';
export type { UploadFile, UploadHooks, UploadOptions } from './upload.ts';
export type { WatchOptions } from './watch.ts';
export * from '../vocabulary/index.ts';
