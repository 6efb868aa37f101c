/** `relumine list`: the runs that match, as a table or as JSON. */
import type { ListQuery, RelumineClient } from '../client/index.ts';
import { scoreOf, shareDone, trainingLossOf, type List, type Run } from '../vocabulary/index.ts';
import { clean, number, percent, rSquared, since, table } from './text.ts';
import { fit } from './width.ts';

/** One page, or every run with `all`. */
export async function listRuns(client: RelumineClient, query: ListQuery, all: boolean): Promise<List<Run>> {
  if (!all) return client.listPage(query);
  const data: Run[] = [];
  for await (const run of client.list({ ...query, limit: 500 })) data.push(run);
  return { object: 'list', data, hasMore: false, nextCursor: null };
}

export function describeList({ data, hasMore }: List<Run>): string {
  if (data.length === 0) return 'No runs match.';
  const more = hasMore ? [`... and more. --all lists every run, --limit more of them.`] : [];
  return [table([HEADINGS, ...data.map(rowOf)]), ...more].join('\n');
}

const HEADINGS = [
  'RUN',
  'STATUS',
  'NAME',
  'DONE',
  'TRAINING LOSS',
  'VALIDATION LOSS',
  'SCORE',
  'DEAD OR SILENT',
  'SUBMITTED',
];

function rowOf(run: Run): string[] {
  const { id, status, name, progress, summary, createdAt } = run;
  const score = scoreOf(run);
  const dead = typeof summary.deadNeurons === 'number' ? `${summary.deadNeurons}/${summary.hiddenNeurons ?? '-'}` : '-';
  const done = progress.steps > 0 ? percent(shareDone(run)) : '-';
  return [
    id,
    status,
    fit(clean(name), 40),
    done,
    number(trainingLossOf(summary)),
    number(summary.valLoss),
    typeof score.value === 'number'
      ? `${score.name === 'accuracy' ? percent(score.value) : rSquared(score.value)} ${score.name}, ${score.split}`
      : '-',
    dead,
    since(createdAt),
  ];
}
