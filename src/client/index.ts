export { RelumineApiError } from './api-error.ts';
export {
  RelumineClient,
  type EventMessage,
  type ListQuery,
  type MetricsQuery,
  type NeuronsQuery,
  type SnapshotsQuery,
} from './client.ts';
export type { SnapshotMessage, WatchMessage } from './connection.ts';
export type { WatchOptions } from './watch.ts';
