import { useRef } from 'preact/hooks';
import { exportUrl, listView, selection, setList } from '../../data/run-list.ts';
import { isTeam } from '../../data/me.ts';
import { vocabulary } from '../../data/vocabulary.ts';
import { Icon } from '../../parts/icons.tsx';
import { STATUS_LABELS } from '../../parts/labels.ts';
import { ViewsMenu } from '../../parts/views-menu.tsx';
import { ColumnChooser } from './column-chooser.tsx';
import { FilterField } from './filter-field.tsx';

const SEARCH_DELAY_MS = 250;

const ORDERS: [value: string, label: string][] = [
  ['', 'Newest first'],
  ['createdAt', 'Oldest first'],
  ['epochLoss', 'Lowest training loss'],
  ['valLoss', 'Lowest validation loss'],
  ['-valAccuracy', 'Best validation accuracy'],
  ['-r2', 'Best R²'],
  ['-deadNeurons', 'Most dead or silent neurons'],
  ['activeFraction', 'Fewest active neurons'],
  ['-trainingSeconds', 'Longest training time'],
];

/** A view of the list is of use in its own project. */
const OF_THIS_PROJECT = ['project'];

/** In normal form C, as the service keeps names: an accent may have been typed as a separate mark. */
const asQuery = (text: string): string => text.trim().normalize('NFC');

/** Search, filters, order and columns. Tags and experiments are chosen by clicking them in the table. */
export function RunTools() {
  const timer = useRef(0);
  const { q, status, orderBy, experiment, tag, createdBy } = listView.value;
  const search = (text: string) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setList({ q: asQuery(text) }), SEARCH_DELAY_MS);
  };
  return (
    <div class="runs-tools" role="search">
      <label class="search">
        <span class="sr">Search runs</span>
        <Icon name="search" />
        <input
          class="input"
          type="search"
          dir="auto"
          placeholder="Name, notes, tag, adam, 0.01"
          defaultValue={q}
          ref={(input: HTMLInputElement | null) => {
            // Another control may have changed the query. A field that is being typed in is left alone.
            if (input && document.activeElement !== input && asQuery(input.value) !== q) input.value = q;
          }}
          onInput={(event) => search(event.currentTarget.value)}
        />
      </label>
      <select
        class="input"
        aria-label="Status"
        value={status}
        onChange={(event) => setList({ status: event.currentTarget.value })}
      >
        <option value="">Any status</option>
        {vocabulary.statuses.map((name) => (
          <option key={name} value={name}>
            {STATUS_LABELS[name]}
          </option>
        ))}
      </select>
      <select
        class="input"
        aria-label="Order"
        value={orderBy}
        onChange={(event) => setList({ orderBy: event.currentTarget.value })}
      >
        {ORDERS.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
        {orderBy && !ORDERS.some(([value]) => value === orderBy) && (
          <option value={orderBy}>By {orderBy.replace(/^-/, '')}</option>
        )}
      </select>
      {isTeam.value && (
        <label class="check">
          <input
            type="checkbox"
            checked={createdBy === 'me'}
            onChange={(event) => setList({ createdBy: event.currentTarget.checked ? 'me' : '' })}
          />
          Mine
        </label>
      )}
      <ColumnChooser />
      <ViewsMenu page="runs" own={OF_THIS_PROJECT} />
      <a
        class="button"
        download="runs.csv"
        href={exportUrl({ ...selection.value, ...(orderBy && { orderBy }) }, 'csv')}
      >
        <Icon name="download" />
        CSV
      </a>
      <FilterField />
      {experiment && <Chosen label={`experiment: ${experiment}`} clear={() => setList({ experiment: '' })} />}
      {tag && <Chosen label={`tag: ${tag}`} clear={() => setList({ tag: '' })} />}
    </div>
  );
}

const Chosen = ({ label, clear }: { label: string; clear: () => void }) => (
  <button type="button" class="button small" dir="auto" onClick={clear} aria-label={`Remove filter ${label}`}>
    {label}
    <Icon name="close" />
  </button>
);
