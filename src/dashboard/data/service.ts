/** The page's only way to the service: the typed client, on the page's own origin. */
import { RelumineClient } from '../../client/client.ts';
import type { CheckpointSelector, ModelFormat } from '../../vocabulary/index.ts';

export type { GroupsQuery } from '../../client/client.ts';
export { RelumineApiError } from '../../client/api-error.ts';
export const service = new RelumineClient(location.origin);

/** Where the browser itself downloads a trained model. */
export const modelUrl = (id: string, format: ModelFormat, checkpoint: CheckpointSelector): string =>
  `/v1/runs/${encodeURIComponent(id)}/model?format=${format}&checkpoint=${checkpoint}`;
