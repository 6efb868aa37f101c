/** The page's only way to the service: the typed client, on the page's own origin. */
import { RelumineClient } from '../../client/client.ts';
import type { CheckpointSelector, ModelFormat } from '../../vocabulary/index.ts';

export type { GroupsQuery } from '../../client/client.ts';
export { RelumineApiError } from '../../client/api-error.ts';
export { delay } from '../../client/delay.ts';

/** The token of the share link that this page shows; null for the pages of people. It does not change while it is open. */
export const shareToken = /^\/(?:shared|embed)\/([\w-]+)/.exec(location.pathname)?.[1] ?? null;

let refused: () => void = () => undefined;
/** `listen` is called whenever the service does not know who asks. */
export function whenRefused(listen: () => void): void {
  refused = listen;
}

export const service = new RelumineClient(location.origin, {
  ...(shareToken !== null && { shareToken }),
  onUnauthenticated: () => refused(),
});

/** Where the browser itself downloads a trained model. */
export const modelUrl = (id: string, format: ModelFormat, checkpoint: CheckpointSelector): string =>
  `/v1/runs/${encodeURIComponent(id)}/model?format=${format}&checkpoint=${checkpoint}`;
