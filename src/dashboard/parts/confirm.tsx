/** Asks before something that cannot be undone, or that takes the machine for a while. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

interface Question {
  title: string;
  text: string;
  action: string;
  /** The button that changes nothing. */
  keep: string;
  isDestructive: boolean;
  answer: (yes: boolean) => void;
}
const question = signal<Question | null>(null);

const ask = (asked: Omit<Question, 'answer'>): Promise<boolean> =>
  new Promise((answer) => {
    question.value = { ...asked, answer };
  });

export const confirm = (title: string, text: string, action: string, keep = 'Keep run'): Promise<boolean> =>
  ask({ title, text, action, keep, isDestructive: true });

/** Before something that takes time but destroys nothing. */
export const confirmStart = (title: string, text: string, action: string): Promise<boolean> =>
  ask({ title, text, action, keep: 'Cancel', isDestructive: false });

export function ConfirmDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = question.value;
  useEffect(() => {
    if (asked) dialog.current?.showModal();
  }, [asked]);
  if (!asked) return null;
  // Closing the dialog with Escape means no.
  const close = (yes: boolean) => {
    question.value = null;
    asked.answer(yes);
  };
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={() => close(dialog.current?.returnValue === 'yes')}>
      <form method="dialog">
        <h2 id="confirm-title">{asked.title}</h2>
        <p>{asked.text}</p>
        <div class="row">
          <button class="button" value="no">
            {asked.keep}
          </button>
          <button class={`button primary ${asked.isDestructive ? 'danger' : ''}`} value="yes">
            {asked.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
