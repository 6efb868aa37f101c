import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { AGAIN_MS, mayPass } from '../data/again.ts';

export interface Loaded<T> {
  /** Null until it is there. */
  value: Signal<T | null>;
  fault: Signal<unknown>;
  reload: () => Promise<void>;
}

/**
 * What a part of a page fetches when it opens, and again when one of `keys` changes, or later where the service could not
 * answer. An older answer never wins.
 */
export function useLoaded<T>(load: () => Promise<T>, keys: readonly unknown[] = []): Loaded<T> {
  const value = useSignal<T | null>(null);
  const fault = useSignal<unknown>(null);
  const turn = useRef(0);
  const reload = async () => {
    const mine = ++turn.current;
    try {
      const answer = await load();
      if (mine !== turn.current) return;
      value.value = answer;
      fault.value = null;
    } catch (error) {
      if (mine !== turn.current) return;
      fault.value = error;
      if (mayPass(error)) setTimeout(() => mine === turn.current && void reload(), AGAIN_MS);
    }
  };
  useEffect(() => {
    void reload();
    return () => {
      turn.current += 1;
    };
  }, keys);
  return { value, fault, reload };
}
