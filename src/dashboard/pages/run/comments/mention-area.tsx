import { useSignal, type Signal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { LONGEST_COMMENT } from '../../../../vocabulary/index.ts';
import { service } from '../../../data/service.ts';
import { mentionAt, namesFor } from './mentions.ts';

interface Props {
  label: string;
  text: Signal<string>;
  /** Whose members can be mentioned. */
  project: string;
}

/** A text in which `@` offers the members of the project. Arrows choose, Enter or Tab takes, Escape closes. */
export function MentionArea({ label, text, project }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const members = useSignal<readonly string[] | null>(null);
  const caret = useSignal<number | null>(null);
  const chosen = useSignal(0);
  const mention = caret.value === null ? null : mentionAt(text.value, caret.value);
  const options = mention ? namesFor(mention.typed, members.value ?? []) : [];

  const follow = (field: HTMLTextAreaElement) => {
    text.value = field.value;
    caret.value = field.selectionStart;
    chosen.value = 0;
    if (members.value === null && field.value.includes('@')) {
      members.value = [];
      void service.projects.members(project).then(
        (found) => {
          members.value = found.map(({ person }) => person.name);
        },
        // Names can still be typed.
        () => undefined,
      );
    }
  };
  const take = (name: string) => {
    const field = area.current;
    if (!field || !mention) return;
    const before = `${text.value.slice(0, mention.from)}@${name} `;
    text.value = before + text.value.slice(mention.to).trimStart();
    field.value = text.value;
    field.focus();
    field.setSelectionRange(before.length, before.length);
    caret.value = null;
  };
  return (
    <div class="mention-area">
      <label class="sr" for={`text-${id}`}>
        {label}
      </label>
      <textarea
        ref={area}
        id={`text-${id}`}
        class="input"
        dir="auto"
        rows={2}
        required
        maxLength={LONGEST_COMMENT}
        placeholder={label}
        aria-controls={`names-${id}`}
        aria-activedescendant={options.length > 0 ? `name-${id}-${chosen.value}` : undefined}
        value={text.value}
        onInput={(event) => follow(event.currentTarget)}
        onBlur={() => (caret.value = null)}
        onKeyDown={(event) => {
          if (options.length === 0) return;
          const { key } = event;
          if (key === 'ArrowDown' || key === 'ArrowUp')
            chosen.value = (chosen.value + (key === 'ArrowDown' ? 1 : -1) + options.length) % options.length;
          else if (key === 'Enter' || key === 'Tab') take(options[chosen.value]!);
          else if (key === 'Escape') caret.value = null;
          else return;
          event.preventDefault();
        }}
      />
      <ul id={`names-${id}`} class="mention-names" role="listbox" aria-label="Members" hidden={options.length === 0}>
        {options.map((name, i) => (
          <li
            key={name}
            id={`name-${id}-${i}`}
            role="option"
            aria-selected={i === chosen.value}
            dir="auto"
            // The text keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(name)}
          >
            {name}
          </li>
        ))}
      </ul>
    </div>
  );
}
