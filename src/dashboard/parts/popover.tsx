/**
 * A button that opens a small panel above everything else. Escape or a press outside closes it, and the focus returns to
 * the button.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props {
  /** What the button says; for a button with an icon alone, see `label`. */
  button: ComponentChildren;
  class?: string;
  /** For screen readers, where the button has no words of its own. */
  label?: string;
  /** What the panel is about. */
  title: string;
  isDisabled?: boolean;
  /** Drawn while the panel is open. */
  children: (close: () => void) => ComponentChildren;
}

const GAP = 6,
  EDGE = 8;

export function Popover({ button, class: name = 'button', label, title, isDisabled = false, children }: Props) {
  const id = `popover-${useId()}`;
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const shown = panel.current;
    if (!shown) return;
    const follow = (event: Event) => setOpen((event as ToggleEvent).newState === 'open');
    shown.addEventListener('toggle', follow);
    return () => shown.removeEventListener('toggle', follow);
  }, []);
  // Together with the content: a focus that is set later would be taken from what somebody has chosen by then.
  useLayoutEffect(() => {
    if (!isOpen) return;
    const place = () => opener.current && panel.current && placeBelow(opener.current, panel.current);
    place();
    // Its content may load, and change its size.
    const observer = new ResizeObserver(place);
    observer.observe(panel.current!);
    addEventListener('scroll', place, true);
    addEventListener('resize', place);
    panel.current!.querySelector<HTMLElement>('[data-first], input, button, select')?.focus();
    return () => {
      observer.disconnect();
      removeEventListener('scroll', place, true);
      removeEventListener('resize', place);
    };
  }, [isOpen]);
  const close = () => {
    panel.current?.hidePopover();
    opener.current?.focus();
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        class={name}
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        disabled={isDisabled}
        onClick={() => panel.current?.togglePopover()}
      >
        {button}
      </button>
      <div ref={panel} id={id} popover="auto" class="popover" role="dialog" aria-label={title}>
        {isOpen && children(close)}
      </div>
    </>
  );
}

/** Below the button and on the screen: above it where there is more room. */
function placeBelow(opener: HTMLElement, panel: HTMLElement): void {
  const from = opener.getBoundingClientRect();
  const { width, height } = panel.getBoundingClientRect();
  const left = Math.max(EDGE, Math.min(from.left, innerWidth - width - EDGE));
  const below = from.bottom + GAP;
  const fits = below + height <= innerHeight - EDGE || from.top < innerHeight / 2;
  panel.style.left = `${left}px`;
  panel.style.top = `${fits ? below : Math.max(EDGE, from.top - GAP - height)}px`;
  panel.style.maxHeight = `${Math.max(160, fits ? innerHeight - below - EDGE : from.top - GAP - EDGE)}px`;
}
