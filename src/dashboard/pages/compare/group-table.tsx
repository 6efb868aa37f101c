import { scoreOf, trainingLossOf, type Run } from '../../../vocabulary/index.ts';
import { Stroke } from '../../charts/legend.tsx';
import { number, percent, whole } from '../../parts/format.ts';
import { compareView } from './compare-view.ts';
import { spreadOf, type Group } from './grouping.ts';

interface Column {
  label: string;
  of: string;
  read: (run: Run) => number | null | undefined;
  format: (value: number, run: Run) => string;
}

const COLUMNS: Column[] = [
  { label: 'Loss', of: 'training', read: ({ summary }) => trainingLossOf(summary), format: number },
  { label: 'Loss', of: 'validation', read: ({ summary }) => summary.valLoss, format: number },
  { label: 'Best loss', of: 'validation', read: ({ summary }) => summary.bestValLoss, format: number },
  { label: 'Score', of: 'accuracy or R²', read: (run) => scoreOf(run).value, format: scoreInWords },
  {
    label: 'Active',
    of: 'of neurons',
    read: ({ summary }) => summary.activeFraction,
    format: (value) => percent(value),
  },
  { label: 'Dead', of: 'or silent neurons', read: ({ summary }) => summary.deadNeurons, format: number },
];

function scoreInWords(value: number, run: Run): string {
  return scoreOf(run).name === 'accuracy' ? percent(value) : number(value);
}

/** One line per group: its runs' newest figures, with how far they are apart. */
export function GroupTable({ groups }: { groups: Group[] }) {
  const { middle } = compareView.value;
  return (
    <section class="panel" aria-label="Groups">
      <div class="panel-head">
        <h2>Groups</h2>
        <span class="quiet">{middle} ± standard deviation of the runs, and the smallest and the largest of them</span>
      </div>
      <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of groups">
        <table class="compared groups">
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col" class="end">
                N<span class="split">runs</span>
              </th>
              {COLUMNS.map(({ label, of }) => (
                <th key={label + of} scope="col" class="end">
                  {label}
                  <span class="split">{of}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.name}>
                <th scope="row">
                  <Stroke curve={group} />
                  <bdi>{group.name}</bdi>
                </th>
                <td class="end">{whole(group.members.length)}</td>
                {COLUMNS.map((column) => (
                  <td key={column.label + column.of} class="end">
                    <Spread column={column} group={group} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Spread({ column, group }: { column: Column; group: Group }) {
  const format = (value: number) => column.format(value, group.members[0]!.run);
  const spread = spreadOf(
    group.members.map(({ run }) => column.read(run)),
    compareView.value.middle,
  );
  if (!spread) return <>–</>;
  const { count, centre, deviation, least, most } = spread;
  return (
    <>
      {format(centre)}
      {count > 1 && ` ± ${format(deviation)}`}
      {count > 1 && (
        <span class="split">
          {format(least)} to {format(most)}
          {count < group.members.length && `, N = ${count}`}
        </span>
      )}
    </>
  );
}
