import { useSignal } from '@preact/signals';
import { list, listView } from '../../data/run-list.ts';
import { Icon } from '../../parts/icons.tsx';
import { Popover } from '../../parts/popover.tsx';
import { columnIdOf, findColumn, offeredFields, specialColumns, usualColumns, withMoved } from './columns.tsx';

const MOST_OFFERED = 60;
const choose = (columns: string[]) => listView.set({ columns }, { replace: true });

/** Which columns the list has, and in which order. */
export const ColumnChooser = () => (
  <Popover
    title="Columns"
    button={
      <>
        <Icon name="columns" />
        Columns
      </>
    }
  >
    {() => <Chooser />}
  </Popover>
);

function Chooser() {
  const search = useSignal('');
  const chosen = listView.value.columns.length > 0 ? listView.value.columns : usualColumns();
  const shown = chosen.flatMap((id) => findColumn(id) ?? []);
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const offers = [
    ...specialColumns().map(({ id, label, of = '' }) => ({ id, label, of, path: id })),
    ...offeredFields(list.value?.data ?? []).map((offer) => ({ ...offer, id: columnIdOf(offer.path) })),
  ].filter(
    ({ id, label, of, path }, i, all) =>
      !chosen.includes(id) &&
      all.findIndex((other) => other.id === id) === i &&
      words.every((word) => `${label} ${of} ${path}`.toLowerCase().includes(word)),
  );
  return (
    <div class="chooser">
      <div class="row">
        <h2>Columns</h2>
        {listView.value.columns.length > 0 && (
          <button type="button" class="button small push" onClick={() => choose([])}>
            Usual columns
          </button>
        )}
      </div>
      <ol>
        {shown.map(({ id, label, of }, i) => (
          <li key={id}>
            <span class="words">
              {label} {of && <span class="faint">{of}</span>}
            </span>
            <button
              type="button"
              class="button plain icon small"
              disabled={i === 0}
              aria-label={`Move ${label} left`}
              onClick={() => choose(withMoved(chosen, id, i - 1))}
            >
              <Icon name="up" />
            </button>
            <button
              type="button"
              class="button plain icon small"
              disabled={i === shown.length - 1}
              aria-label={`Move ${label} right`}
              onClick={() => choose(withMoved(chosen, id, i + 1))}
            >
              <Icon name="down" />
            </button>
            <button
              type="button"
              class="button plain icon small"
              disabled={shown.length === 1}
              aria-label={`Hide ${label}`}
              onClick={() => choose(chosen.filter((one) => one !== id))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ol>
      <label class="field">
        <span class="label">Add a field of the runs</span>
        <input
          class="input"
          type="search"
          data-first
          placeholder="learning rate, units, validation loss"
          value={search.value}
          onInput={(event) => (search.value = event.currentTarget.value)}
        />
      </label>
      <ul aria-label="Fields">
        {offers.slice(0, MOST_OFFERED).map(({ id, label, of }) => (
          <li key={id}>
            <button type="button" class="words" title={id} onClick={() => choose([...chosen, id])}>
              <Icon name="plus" />
              {label} {of && <span class="faint">{of}</span>}
            </button>
          </li>
        ))}
      </ul>
      {offers.length === 0 && <p class="faint">No other field of the runs on this page has this name.</p>}
      {offers.length > MOST_OFFERED && (
        <p class="faint num">{offers.length - MOST_OFFERED} more: type a part of the name.</p>
      )}
    </div>
  );
}
