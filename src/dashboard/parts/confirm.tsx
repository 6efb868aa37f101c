/** Asks before something that cannot be undone. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

interface Question {
  title: string;
  text: string;
  action: string;
  /** The button that changes nothing. */
  keep: string;
  answer: (yes: boolean) => void;
}
const question = signal<Question | null>(null);

export const confirm = (title: string, text: string, action: string, keep = 'Keep run'): Promise<boolean> =>
  new Promise((resolve) => {
    question.value = { title, text, action, keep, answer: resolve };
  });

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
          <button class="button danger primary" value="yes">
            {asked.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
