/** What people say about the run on screen. Two parts of its page read the same list. */
import { signal } from '@preact/signals';
import type { Comment, NewComment } from '../../vocabulary/index.ts';
import { poll } from './poll.ts';
import { service } from './service.ts';

const REFRESH_MS = 4000;

export const comments = signal<readonly Comment[] | null>(null);
export const fault = signal<unknown>(null);

let followed = '';
let followers = 0;
let ended = new AbortController();

/** Keeps the list fresh; the returned function ends it. */
export function followComments(runId: string): () => void {
  if (followed !== runId) begin(runId);
  followers += 1;
  return () => {
    followers -= 1;
    if (followers > 0 || followed !== runId) return;
    ended.abort();
    followed = '';
  };
}

function begin(runId: string): void {
  ended.abort();
  ended = new AbortController();
  followed = runId;
  followers = 0;
  comments.value = null;
  poll(async (closed) => {
    try {
      const listed = await service.comments.list(runId);
      if (!closed.aborted) comments.value = listed;
      fault.value = null;
    } catch (error) {
      if (!closed.aborted) fault.value = error;
    }
    return REFRESH_MS;
  }, ended.signal);
}

/** Where it is read. */
export const commentPath = ({ runId, layer, neuron }: Comment): string =>
  layer === null ? `/runs/${runId}` : `/runs/${runId}?${new URLSearchParams({ neuron: `${layer}:${neuron}` })}`;

export async function addComment(runId: string, comment: NewComment): Promise<void> {
  const added = await service.comments.add(runId, comment);
  if (followed === runId) comments.value = [...(comments.value ?? []), added];
}
export async function editComment({ runId, id }: Comment, text: string): Promise<void> {
  const changed = await service.comments.edit(runId, id, text);
  comments.value = comments.value?.map((one) => (one.id === id ? changed : one)) ?? null;
}
export async function deleteComment({ runId, id }: Comment): Promise<void> {
  await service.comments.delete(runId, id);
  comments.value = comments.value?.filter((one) => one.id !== id) ?? null;
}
