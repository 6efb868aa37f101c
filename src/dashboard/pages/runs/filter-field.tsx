import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { describeProblem, parseFilter } from '../../../vocabulary/index.ts';
import { list, listView, setList } from '../../data/run-list.ts';
import { offeredFields } from './columns.tsx';
import { completionAt } from './filter-text.ts';

/**
 * Conditions in the grammar of the API's `?filter=`. What is typed applies with Enter or when the field is left; while it
 * is wrong, the list stays as it is and the field says where.
 */
export function FilterField() {
  const applied = listView.value.filter;
  const text = useSignal(applied);
  const caret = useSignal(applied.length);
  const isTyping = useSignal(false);
  const chosen = useSignal(-1);
  const input = useRef<HTMLInputElement>(null);
  // A condition that was added elsewhere, or an address of the history.
  useEffect(() => {
    text.value = applied;
  }, [applied]);
  const completion = useComputed(() =>
    completionAt(text.value, caret.value, offeredFields(list.value?.data ?? [])),
  ).value;
  const options = isTyping.value ? completion.options : [];
  const read = text.value.trim() === '' ? null : parseFilter(text.value);
  const problem = read && 'problem' in read ? read.problem : null;

  const apply = () => {
    isTyping.value = false;
    if (!problem) setList({ filter: text.value.trim() });
  };
  const type = (field: HTMLInputElement) => {
    text.value = field.value;
    caret.value = field.selectionStart ?? field.value.length;
    isTyping.value = true;
    chosen.value = -1;
  };
  const take = (option: string) => {
    const { from, to } = completion;
    const next = `${text.value.slice(0, from)}${option} `;
    text.value = next + text.value.slice(to).trimStart();
    caret.value = next.length;
    chosen.value = -1;
    const field = input.current!;
    field.value = text.value;
    field.focus();
    field.setSelectionRange(next.length, next.length);
  };
  return (
    <div class="filter-field">
      <label class="sr" for="run-filter">
        Filter
      </label>
      <input
        ref={input}
        id="run-filter"
        class="input mono"
        role="combobox"
        aria-expanded={options.length > 0}
        aria-controls="run-filter-options"
        aria-autocomplete="list"
        aria-activedescendant={chosen.value >= 0 ? `run-filter-option-${chosen.value}` : undefined}
        aria-invalid={problem !== null}
        aria-describedby="run-filter-note"
        autocomplete="off"
        spellcheck={false}
        placeholder='valLoss < 0.1 and training.optimizer = "adam"'
        value={text.value}
        onInput={(event) => type(event.currentTarget)}
        onFocus={(event) => type(event.currentTarget)}
        onBlur={apply}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            if (options.length === 0) return;
            event.preventDefault();
            const by = event.key === 'ArrowDown' ? 1 : -1;
            chosen.value = (chosen.value + by + options.length + (chosen.value < 0 && by < 0 ? 1 : 0)) % options.length;
          } else if (event.key === 'Enter' || (event.key === 'Tab' && chosen.value >= 0)) {
            const option = options[chosen.value];
            if (option === undefined) return apply();
            event.preventDefault();
            take(option);
          } else if (event.key === 'Escape') isTyping.value = false;
        }}
      />
      {applied !== '' && (
        <button type="button" class="button small" onClick={() => setList({ filter: '' })}>
          Clear filter
        </button>
      )}
      {options.length > 0 && (
        <ul id="run-filter-options" class="options" role="listbox" aria-label="How the filter may go on">
          {options.map((option, i) => (
            <li
              key={option}
              id={`run-filter-option-${i}`}
              role="option"
              aria-selected={i === chosen.value}
              // The field keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(option)}
            >
              {option}
            </li>
          ))}
        </ul>
      )}
      <p id="run-filter-note" class={`filter-note ${problem ? 'bad' : ''}`} role="status">
        {problem && !isTyping.value && `Not applied: ${describeProblem(problem)}.`}
      </p>
    </div>
  );
}
