/** Lists of runs: pages, tables and groups. */
import { Type } from 'typebox';
import { fileOf, runsTable } from '../exports/index.ts';
import type { Caller } from '../people/caller.ts';
import { visibleTo } from '../people/shared-run.ts';
import { Cursor, ErrorRef, ListedProject, listOf, pageLimit, RunGroupsSchema, RunRef } from '../schemas/index.ts';
import type { RunQuery } from '../store/store.ts';
import { LONGEST_FILTER, MOST_GROUP_FIELDS, RUN_STATUSES, SUMMARY_KEYS, type Run } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { answers, page, type Routes } from './route.ts';
import { orTable, refuseForTables, sendFile, tableFormat } from './table-answer.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['runs'];
/** Of a table of runs. */
const ROWS_PER_PAGE = 500;

/** Which runs. */
const SELECTION = {
  project: Type.Optional(ListedProject),
  createdBy: Type.Optional(
    Type.String({ maxLength: 100, description: 'The id of a person, or `me`: only the runs that it made.' }),
  ),
  status: Type.Optional(
    Type.Array(Type.Enum(RUN_STATUSES), { minItems: 1, description: 'One or several, separated by commas.' }),
  ),
  experiment: Type.Optional(Type.String({ maxLength: 100 })),
  tag: Type.Optional(Type.String({ maxLength: 64 })),
  parent: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'The id of a run: only the runs that were made from it, those of its trials included.',
    }),
  ),
  trials: Type.Optional(
    Type.Enum(['include', 'exclude'], {
      default: 'exclude',
      description: 'Without `parent`: whether the runs of trials are listed too.',
    }),
  ),
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'Text to find in name, notes, experiment or tags, or among the names of the spec, such as adam; case does not matter. A number is found as a whole.',
    }),
  ),
  filter: Type.Optional(
    Type.String({
      maxLength: LONGEST_FILTER,
      description:
        'For example `summary.valLoss < 0.1 and spec.training.optimizer.type = "adam"`. Comparisons `= != < <= > >=`, `contains`, `in ("a", "b")`, `and`, `or`, `not`, parentheses; `null` for what is missing.',
    }),
  ),
};

const ListQuery = Type.Object({
  ...SELECTION,
  format: tableFormat(['csv', 'jsonl']),
  orderBy: Type.Optional(
    Type.String({
      maxLength: 200,
      default: '-createdAt',
      description:
        'A field, such as `createdAt`, `valLoss` or `spec.training.optimizer.learningRate`, with `-` in front or `:desc` behind for descending order. Runs without the value come last.',
    }),
  ),
  after: Type.Optional(Cursor),
  limit: Type.Optional(pageLimit(500, 50)),
});

const GroupsQuery = Type.Object({
  ...SELECTION,
  by: Type.Array(Type.String({ maxLength: 200 }), {
    minItems: 1,
    maxItems: MOST_GROUP_FIELDS,
    description:
      'One to three fields, separated by commas, such as `spec.training.optimizer.type,spec.training.optimizer.learningRate`.',
  }),
  keys: Type.Optional(
    Type.Array(Type.Enum(SUMMARY_KEYS), {
      minItems: 1,
      description: 'The figures of the summary, such as `valLoss`. Default: all.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
});

export const runLists: Routes = async (app, { store }) => {
  const { sightFor } = openDoor(store);

  app.get(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'List runs, newest first',
        description:
          'All filters must match. Inline data of more than 16 KiB is left out of `spec.dataset`; `GET /v1/runs/{id}` returns it. As a table it has every run that matches, one per row, with its spec and summary in columns.',
        querystring: ListQuery,
        response: { ...answers(404, ErrorRef), 200: orTable(listOf(RunRef)) },
      },
    },
    async (request, reply) => {
      const { format = 'json', limit = 50, project, ...selection } = request.query;
      const query = { ...madeBy(selection, request.caller), ...(await sightFor(request, project)) };
      if (format !== 'json') {
        refuseForTables(request.query, ['after', 'limit']);
        return sendFile(reply, fileOf(await runsTable(() => everyPage(query)), format, 'runs'));
      }
      const { data, hasMore, nextCursor } = await store.runs.list({ ...query, limit });
      const shown = (await withPositions(data)).map((run) => visibleTo(request.caller, run));
      return reply.send(page(shown, hasMore, nextCursor));
    },
  );

  app.get(
    '/v1/runs/groups',
    {
      schema: {
        tags,
        summary: 'Group runs by their fields',
        description:
          'Runs with the same values of the fields are one group, with mean, standard deviation, minimum and maximum of every figure of their summaries. The largest groups come first.',
        querystring: GroupsQuery,
        response: answers(200, RunGroupsSchema, 404),
      },
    },
    async (request) => {
      const { limit = 100, project, ...selection } = request.query;
      return store.runs.groups({
        ...madeBy(selection, request.caller),
        ...(await sightFor(request, project)),
        limit,
      });
    },
  );

  async function* everyPage(query: Omit<RunQuery, 'limit' | 'after'>): AsyncGenerator<Run[]> {
    for (let after: string | undefined; ;) {
      const { data, nextCursor } = await store.runs.list({
        ...query,
        limit: ROWS_PER_PAGE,
        ...(after !== undefined && { after }),
      });
      yield data;
      if (nextCursor === null) return;
      after = nextCursor;
    }
  }

  async function withPositions(listed: Run[]): Promise<Run[]> {
    const queued = listed.filter(({ status }) => status === 'queued');
    if (queued.length === 0) return listed;
    const positions = await store.runs.positions(queued.map(({ id }) => id));
    return listed.map((run) => ({ ...run, queuePosition: positions.get(run.id) ?? null }));
  }
};

/** `me` by its id; where nobody is registered it made nothing. */
const madeBy = <Query extends { createdBy?: string }>(query: Query, { person }: Caller): Query =>
  query.createdBy === 'me' ? { ...query, createdBy: person?.id ?? '' } : query;
