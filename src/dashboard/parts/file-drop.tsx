/** Ways to give files to the page: drop them anywhere on it, or choose them with a button. */
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { toast } from './toast.tsx';

interface Props {
  /** What happens with the files, in words: shown while they are held over the page. */
  purpose: string;
  take: (files: File[]) => void;
}

/** While it is mounted, the whole window takes files. */
export function WindowDrop({ purpose, take }: Props) {
  const isOver = useSignal(false);
  const latest = useRef(take);
  latest.current = take;
  // With the page itself, so that it takes files as soon as it is seen.
  useLayoutEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    /** Every element below the pointer enters and leaves; the window is left when all have. */
    let depth = 0;
    const end = () => {
      depth = 0;
      isOver.value = false;
    };
    addEventListener(
      'dragenter',
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        depth++;
        isOver.value = true;
      },
      { signal },
    );
    addEventListener(
      'dragleave',
      (event) => {
        if (carriesFiles(event) && --depth <= 0) end();
      },
      { signal },
    );
    // Without this the browser would open the file instead.
    addEventListener(
      'dragover',
      (event) => {
        if (carriesFiles(event)) event.preventDefault();
      },
      { signal },
    );
    addEventListener(
      'drop',
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        end();
        const files = filesIn(event.dataTransfer);
        if (files.length > 0) latest.current(files);
      },
      { signal },
    );
    return () => ended.abort();
  }, []);
  return isOver.value ? (
    <div class="drop-veil" aria-hidden="true">
      <b>{purpose}</b>
    </div>
  ) : null;
}

export function FileButton({ label, isPrimary, take }: { label: string; isPrimary?: boolean; take: Props['take'] }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={`button ${isPrimary ? 'primary' : ''}`} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        class="file-input"
        multiple
        hidden
        aria-label={label}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same file can be chosen again.
          currentTarget.value = '';
          if (files.length > 0) take(files);
        }}
      />
    </>
  );
}

const carriesFiles = (event: DragEvent): event is DragEvent & { dataTransfer: DataTransfer } =>
  event.dataTransfer?.types.includes('Files') ?? false;

/** The files that were dropped. A folder cannot be sent as it is: the user is told what to do. */
function filesIn(transfer: DataTransfer): File[] {
  const hasFolder = [...transfer.items].some((item) => item.webkitGetAsEntry()?.isDirectory);
  if (!hasFolder) return [...transfer.files];
  toast('A folder cannot be uploaded. Pack it into a zip file, one folder per class, and drop that.');
  return [];
}
