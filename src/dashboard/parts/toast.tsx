/** One short line at the bottom of the page, read out by screen readers, gone after a while. */
import { signal } from '@preact/signals';

const text = signal('');
let timer = 0;

export function toast(line: string): void {
  text.value = line;
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    text.value = '';
  }, 4000);
}

/** For an action that failed: the service's message. */
export const toastFault = (fault: unknown): void => toast(fault instanceof Error ? fault.message : String(fault));

/** Does something on the service, and says so, or why not. Whether it is done. */
export async function attempt(task: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await task();
    toast(done);
    return true;
  } catch (fault) {
    toastFault(fault);
    return false;
  }
}

export const Toast = () => (
  <div role="status" aria-live="polite">
    {text.value && <div class="toast">{text.value}</div>}
  </div>
);
