import { useSignal, type Signal } from '@preact/signals';

export interface Action {
  isBusy: Signal<boolean>;
  /** Why it failed last time, in words. */
  fault: Signal<string>;
  /** True if it succeeded. One at a time. */
  run: (task: () => Promise<unknown>) => Promise<boolean>;
}

/** Something that a form or a button does on the service. */
export function useAction(): Action {
  const isBusy = useSignal(false);
  const fault = useSignal('');
  const run = async (task: () => Promise<unknown>) => {
    if (isBusy.value) return false;
    isBusy.value = true;
    fault.value = '';
    try {
      await task();
      return true;
    } catch (error) {
      fault.value = error instanceof Error ? error.message : String(error);
      return false;
    } finally {
      isBusy.value = false;
    }
  };
  return { isBusy, fault, run };
}
