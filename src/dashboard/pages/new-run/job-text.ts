/**
 * The job as it is typed in JSON. While the text is not a job, the draft is an older one: nothing may be started from it,
 * and the form rests.
 */
import { computed, signal } from '@preact/signals';
import { draft, readDraft, type JsonFault } from './draft.ts';
import type { Draft } from './fill-in.ts';

type Typed = { text: string; job: Draft } | { text: string; fault: JsonFault };
const typed = signal<Typed | null>(null);

/** What the text field shows: the text as it is being typed, or else the draft. */
export const jobText = computed((): string => {
  const now = typed.value;
  // A draft that something else has changed meanwhile takes the place of the text that it was read from.
  const isShown = now !== null && ('fault' in now || now.job === draft.value);
  return isShown ? now.text : JSON.stringify(draft.value, null, 2);
});

export const jsonFault = computed((): JsonFault | null =>
  typed.value && 'fault' in typed.value ? typed.value.fault : null,
);

export function typeJob(text: string): void {
  const read = readDraft(text);
  if ('fault' in read) typed.value = { text, fault: read };
  else {
    typed.value = { text, job: read };
    draft.value = read;
  }
}

/** Takes the draft's own text again: a text that is not a job is gone. */
export const discardText = (): void => {
  typed.value = null;
};
