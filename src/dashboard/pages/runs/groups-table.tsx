import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import {
  FIGURES,
  readRunField,
  SUMMARY_KEYS,
  valueAt,
  type FilterValue,
  type Run,
  type RunGroup,
  type RunGroups,
  type Statistics,
  type SummaryKey,
} from '../../../vocabulary/index.ts';
import { title } from '../../data/actions.ts';
import { poll } from '../../data/poll.ts';
import { BANDS, listView, selection, setList, type Band } from '../../data/run-list.ts';
import { service, type GroupsQuery } from '../../data/service.ts';
import { count, figure, number, whole } from '../../parts/format.ts';
import { Icon } from '../../parts/icons.tsx';
import { Empty, Fault } from '../../parts/states.tsx';
import { fieldText, fieldWords, findColumn } from './columns.tsx';
import { condition, withCondition } from './filter-text.ts';
import { GroupBand } from './group-band.tsx';
import '../../styles/groups.css';

const EVERY_MS = 5000;
/** Where no column of the summary was chosen. */
const USUAL_KEYS: readonly SummaryKey[] = ['epochLoss', 'valLoss', 'valAccuracy', 'r2', 'deadNeurons'];
const BAND_NAMES: Record<Band, string> = { range: 'least to greatest', deviation: '± standard deviation' };

/** Runs with the same value of a field, with the mean of their figures and how far they spread. */
export function GroupsTable({ path }: { path: string }) {
  const groups = useSignal<RunGroups | null>(null);
  const fault = useSignal<unknown>(null);
  const open = useSignal<ReadonlySet<number>>(new Set());
  const keys = shownKeys(listView.value.columns);
  const query = JSON.stringify({ ...selection.value, keys });
  useEffect(() => {
    groups.value = null;
    open.value = new Set();
    const ended = new AbortController();
    poll(async (signal) => {
      try {
        const answer = await service.groups(path, JSON.parse(query) as GroupsQuery);
        if (!signal.aborted) {
          groups.value = answer;
          fault.value = null;
        }
      } catch (error) {
        if (!signal.aborted) fault.value = error;
      }
      return EVERY_MS;
    }, ended.signal);
    return () => ended.abort();
  }, [path, query]);

  const found = readRunField(path);
  const words = fieldWords({ path });
  const shown = groups.value;
  const { band } = listView.value;
  /** Figures that at least one group has. */
  const figures = keys.filter((key) => shown?.data.some(({ summary }) => summary[key]));
  return (
    <section aria-label="Groups of runs">
      <div class="row groups-tools">
        <h2>
          By {words.label.toLowerCase()} {words.of && <span class="faint">{words.of}</span>}
        </h2>
        <select
          class="input"
          aria-label="Band around the mean"
          value={band}
          onChange={(event) => setList({ band: event.currentTarget.value === 'deviation' ? 'deviation' : 'range' })}
        >
          {BANDS.map((one) => (
            <option key={one} value={one}>
              {BAND_NAMES[one]}
            </option>
          ))}
        </select>
        <button type="button" class="button small" onClick={() => setList({ group: '' })}>
          <Icon name="close" />
          Single runs
        </button>
      </div>
      {fault.value !== null && <Fault of={fault.value} />}
      {shown?.data.length === 0 && <Empty title="No runs match these filters">{null}</Empty>}
      {shown && shown.data.length > 0 && 'field' in found && (
        <div class="panel groups-panel">
          <table class="groups">
            <caption class="sr">Runs by {words.label}</caption>
            <thead>
              <tr>
                <th scope="col">{words.label}</th>
                <th scope="col" class="end">
                  Runs
                </th>
                {figures.map((key) => (
                  <th key={key} scope="col" class="end">
                    {FIGURES[key].name}
                    <span class="split">mean, {BAND_NAMES[band]}</span>
                  </th>
                ))}
              </tr>
            </thead>
            {shown.data.map((group, i) => (
              <tbody key={JSON.stringify(group.by)}>
                <tr>
                  <th scope="row">
                    <button
                      type="button"
                      class="expand"
                      aria-expanded={open.value.has(i)}
                      onClick={() => {
                        const next = new Set(open.value);
                        if (!next.delete(i)) next.add(i);
                        open.value = next;
                      }}
                    >
                      <Icon name="more" />
                      <span dir="auto">{fieldText(found.field, group.by[found.field.path] ?? null)}</span>
                    </button>
                  </th>
                  <td class="end num" data-label="runs">
                    {whole(group.count)}
                  </td>
                  {figures.map((key) => (
                    <td key={key} class="end num" data-label={FIGURES[key].name}>
                      <Spread of={group.summary[key]} figureKey={key} band={band} all={shown.data} />
                    </td>
                  ))}
                </tr>
                {open.value.has(i) && (
                  <Members
                    filter={withCondition(
                      listView.value.filter,
                      condition(found.field.path, '=', (group.by[found.field.path] ?? null) as FilterValue),
                    )}
                    figures={figures}
                  />
                )}
              </tbody>
            ))}
          </table>
          {shown.hasMore && <p class="faint held">Only the {count(shown.data.length, 'largest group')} are shown.</p>}
        </div>
      )}
    </section>
  );
}

function shownKeys(columns: readonly string[]): SummaryKey[] {
  const chosen = columns.flatMap((id) => findColumn(id)?.path?.replace(/^summary\./, '') ?? []);
  const keys = SUMMARY_KEYS.filter((key) => chosen.includes(key));
  return keys.length > 0 ? keys : [...USUAL_KEYS];
}

interface SpreadProps {
  of: Statistics | undefined;
  figureKey: SummaryKey;
  band: Band;
  /** Of which all bands have one scale. */
  all: readonly RunGroup[];
}

function Spread({ of: statistics, figureKey: key, band, all }: SpreadProps) {
  if (!statistics) return <>–</>;
  const { mean, std, min, max, n } = statistics;
  const spread =
    n === 1
      ? 'one run'
      : band === 'range'
        ? `${figure(key, min)} to ${figure(key, max)}`
        : `± ${FIGURES[key].kind === 'share' ? `${number((std ?? 0) * 100)}\u00A0points` : number(std)}`;
  return (
    <>
      {figure(key, mean)}
      <GroupBand of={statistics} band={band} all={all.flatMap(({ summary }) => summary[key] ?? [])} />
      <span class="split">
        {spread}
        {n > 1 && `, ${n} runs`}
      </span>
    </>
  );
}

const MOST_MEMBERS = 100;

/** The runs of a group, the newest first. */
function Members({ filter, figures }: { filter: string; figures: readonly SummaryKey[] }) {
  const runs = useSignal<readonly Run[] | null>(null);
  const hasMore = useSignal(false);
  const fault = useSignal<unknown>(null);
  useEffect(() => {
    const ended = new AbortController();
    void service.listPage({ ...(selection.peek() as GroupsQuery), filter, limit: MOST_MEMBERS }).then(
      (page) => {
        if (ended.signal.aborted) return;
        runs.value = page.data;
        hasMore.value = page.hasMore;
      },
      (error: unknown) => {
        fault.value = error;
      },
    );
    return () => ended.abort();
  }, [filter]);
  const span = figures.length + 2;
  if (fault.value !== null)
    return (
      <tr>
        <td colSpan={span}>
          <Fault of={fault.value} />
        </td>
      </tr>
    );
  return (
    <>
      {runs.value?.map((run) => (
        <tr key={run.id} class="member">
          <th scope="row">
            <a class="name" dir="auto" href={`/runs/${run.id}`}>
              {title(run)}
            </a>
          </th>
          <td />
          {figures.map((key) => (
            <td key={key} class="end num" data-label={FIGURES[key].name}>
              {memberFigure(run, key)}
            </td>
          ))}
        </tr>
      ))}
      {hasMore.value && (
        <tr class="member">
          <td colSpan={span}>
            <button type="button" class="button small" onClick={() => setList({ group: '', filter })}>
              Show all runs of this group
            </button>
          </td>
        </tr>
      )}
    </>
  );
}

function memberFigure(run: Run, key: SummaryKey): string {
  const value = valueAt(run, { keys: ['summary', key] });
  return value === undefined ? '–' : figure(key, typeof value === 'number' ? value : null);
}
