/**
 * Drafts that survive a reload, one for each address of the form: the plain form has one, and so has every job that was
 * taken from a run. The tab's own storage comes first, so that two tabs keep their own drafts; the browser's storage
 * still has the newest one after the tab was closed.
 */
import { effect } from '@preact/signals';
import { isObject } from '../../../vocabulary/index.ts';
import { draft } from './draft.ts';
import type { Draft } from './fill-in.ts';
import { jobText, jsonFault, typeJob } from './job-text.ts';

export interface KeptDraft {
  /** The text as it was typed, which may be no valid JSON. */
  text: string;
  /** ISO 8601. */
  at: string;
}

const SAVE_DELAY_MS = 200;
/** The form without a run to start from. */
export const PLAIN_FORM = '/new';

/** Storage may be forbidden or full: the draft then lasts for this visit. */
function withStores(place: string, use: (store: Storage, key: string) => void): void {
  for (const open of place === PLAIN_FORM ? [() => sessionStorage, () => localStorage] : [() => sessionStorage])
    try {
      use(open(), `draft ${place}`);
    } catch {
      // The other store may still work.
    }
}

export function keptDraft(place: string): KeptDraft | null {
  const found: KeptDraft[] = [];
  withStores(place, (store, key) => {
    const kept: unknown = JSON.parse(store.getItem(key) ?? 'null');
    if (isObject(kept) && typeof kept['text'] === 'string' && typeof kept['at'] === 'string')
      found.push({ text: kept['text'], at: kept['at'] });
  });
  return found[0] ?? null;
}

export const forgetDraft = (place: string): void => withStores(place, (store, key) => store.removeItem(key));

/** Takes the kept draft up where it was left, in the form or in the JSON. */
export const takeUp = ({ text }: KeptDraft): void => typeJob(text);

export interface DraftKeeper {
  /** The job was started: it is no draft any more. */
  done: () => void;
  end: () => void;
}

/** Keeps every change from now on. A draft that is as it began is forgotten. */
export function keepDraft(place: string, began: Draft): DraftKeeper {
  const beganText = JSON.stringify(began);
  let timer = 0;
  let isFirst = true;
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    const text = jobText.peek();
    const isAsBegun = jsonFault.peek() === null && JSON.stringify(draft.peek()) === beganText;
    if (isAsBegun) return forgetDraft(place);
    const kept: KeptDraft = { text, at: new Date().toISOString() };
    withStores(place, (store, key) => store.setItem(key, JSON.stringify(kept)));
  };
  const stop = effect(() => {
    void jobText.value;
    if (isFirst) isFirst = false;
    else {
      clearTimeout(timer);
      timer = window.setTimeout(save, SAVE_DELAY_MS);
    }
  });
  // Leaving right after a change must not lose it.
  const saveNow = () => {
    if (timer !== 0) save();
  };
  addEventListener('pagehide', saveNow);
  const end = () => {
    saveNow();
    stop();
    removeEventListener('pagehide', saveNow);
  };
  const done = () => {
    clearTimeout(timer);
    timer = 0;
    end();
    forgetDraft(place);
  };
  return { done, end };
}
