/**
 * What a page shows as part of its address, so that a view can be sent to a colleague, survives a reload, and follows the
 * browser's back and forward buttons. A page names its parameters once:
 *
 *     const view = urlState({ at: wholeField('step', 0), pinned: textField('neuron') });
 *     view.value.at;                                  // a signal: reading it subscribes
 *     view.set({ at: 580 });                          // a new entry in the browser's history
 *     view.set({ at: 581 }, { replace: true });       // the same entry, for what a hand drags
 *
 * A parameter that has its fallback value is not in the address. Parameters of other parts of a page are left alone.
 */
import { computed, type ReadonlySignal } from '@preact/signals';
import { address, navigate } from './router.ts';
import { searchOf, type UrlField } from './url-fields.ts';

export interface UrlState<T> {
  readonly value: T;
  /** Without a subscription. */
  peek: () => T;
  set: (change: Partial<T>, options?: { replace?: boolean }) => void;
}

export function urlState<T extends object>(fields: { [K in keyof T]: UrlField<T[K]> }): UrlState<T> {
  const names = Object.keys(fields) as (keyof T)[];
  const state: ReadonlySignal<T> = computed(() => {
    const { query } = address.value;
    return Object.fromEntries(names.map((key) => [key, fields[key].read(query.get(fields[key].name))])) as T;
  });
  return {
    get value() {
      return state.value;
    },
    peek: () => state.peek(),
    set(change, options = {}) {
      const { path, query: old, fragment } = address.peek();
      const query = new URLSearchParams(old);
      for (const key of names) {
        if (!(key in change)) continue;
        const text = fields[key].write(change[key] as T[typeof key]);
        if (text === null) query.delete(fields[key].name);
        else query.set(fields[key].name, text);
      }
      if (query.toString() === old.toString()) return;
      navigate(path + searchOf(query) + (fragment && `#${fragment}`), { ...options, isSamePage: true });
    },
  };
}
