/** One short line at the bottom of the page, read out by screen readers, gone after a while. */
import { signal } from '@preact/signals';

interface Line {
  text: string;
  /** Different from that of the line before, even with the same text. */
  key: number;
}

const shown = signal<Line | null>(null);
let timer = 0,
  keys = 0;

export function toast(line: string): void {
  shown.value = { text: line, key: keys++ };
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    shown.value = null;
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
    {shown.value && (
      // A popover lies above an open dialog.
      <div
        key={shown.value.key}
        class="toast"
        popover="manual"
        ref={(line: HTMLDivElement | null) => line?.showPopover()}
      >
        {shown.value.text}
      </div>
    )}
  </div>
);
