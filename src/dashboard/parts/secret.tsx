import type { ComponentChildren } from 'preact';
import { copy } from './copy.ts';
import { Icon } from './icons.tsx';

/** A key, a link or a secret that the service shows once and cannot show again. */
export function Secret({ title, text, close }: { title: string; text: string; close: () => void }) {
  return (
    <div class="notice ember secret" role="status">
      <b>{title}</b> Copy it now: it is not shown again.
      <CopyLine text={text}>
        <button type="button" class="button small" onClick={close}>
          Done
        </button>
      </CopyLine>
    </div>
  );
}

/** `name`: which of several is copied. */
export const CopyLine = ({ text, name, children }: { text: string; name?: string; children?: ComponentChildren }) => (
  <div class="row">
    <code dir="ltr">{text}</code>
    <button type="button" class="button small" onClick={() => void copy(text, 'Copied')}>
      <Icon name="copy" />
      Copy{name !== undefined && <span class="sr"> the {name}</span>}
    </button>
    {children}
  </div>
);
