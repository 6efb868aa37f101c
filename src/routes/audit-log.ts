/** The audit log: who did what, to read and to take along. */
import { Type } from 'typebox';
import { auditTable, fileOf } from '../exports/index.ts';
import { AuditEntrySchema, Cursor, ErrorRef, ListedProject, listOf, pageLimit } from '../schemas/index.ts';
import type { AuditSelection, Sight } from '../store/store.ts';
import { AUDIT_ACTIONS, readTime, type AuditAction, type AuditEntry } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { refuse } from './people-route.ts';
import { answers, page, type Routes } from './route.ts';
import { orTable, refuseForTables, sendFile, tableFormat } from './table-answer.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['audit'];
/** Of a table. */
const ROWS_PER_PAGE = 500;

const time = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }));
const AuditQuery = Type.Object({
  format: tableFormat(['csv', 'jsonl']),
  project: Type.Optional(ListedProject),
  person: Type.Optional(
    Type.String({ maxLength: 200, description: 'The id of a person, or the name that the person had then.' }),
  ),
  action: Type.Optional(
    Type.Array(Type.Enum(AUDIT_ACTIONS), { minItems: 1, description: 'One or several, separated by commas.' }),
  ),
  objectId: Type.Optional(Type.String({ maxLength: 200, description: 'The id of the thing that was changed.' })),
  from: time('From this time on; ISO 8601, such as `2026-11-28` or `2026-11-28T07:00:00Z`.'),
  to: time('Before this time.'),
  after: Type.Optional(Cursor),
  limit: Type.Optional(pageLimit(500, 50)),
});

interface Wishes {
  person?: string;
  action?: AuditAction[];
  objectId?: string;
  from?: string;
  to?: string;
}

export const auditLog: Routes = async (app, { store }) => {
  const { sightFor } = openDoor(store);

  app.get(
    '/v1/audit',
    {
      schema: {
        tags,
        summary: 'Read the audit log, newest first',
        description:
          'Who changed what, from which address, with the fields before and after. An owner sees everything, an admin what happened in the own projects. As a table it has every entry that matches.',
        querystring: AuditQuery,
        response: { ...answers(404, ErrorRef), 200: orTable(listOf(AuditEntrySchema)) },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { format = 'json', limit = 50, after } = query;
      const { sight } = await sightFor(request, query.project);
      const selection = select(query, sight);
      if (format !== 'json') {
        refuseForTables(query, ['after', 'limit']);
        return sendFile(reply, fileOf(auditTable(everyPage(selection)), format, 'audit'));
      }
      const found = await store.audit.list({ ...selection, limit, ...(after !== undefined && { after }) });
      return reply.send(page(found.data, found.hasMore, found.nextCursor));
    },
  );

  async function* everyPage(selection: AuditSelection): AsyncGenerator<AuditEntry[]> {
    for (let after: string | undefined; ;) {
      const { data, nextCursor } = await store.audit.list({
        ...selection,
        limit: ROWS_PER_PAGE,
        ...(after !== undefined && { after }),
      });
      yield data;
      if (nextCursor === null) return;
      after = nextCursor;
    }
  }
};

function select({ person, action, objectId, from, to }: Wishes, projects: Sight): AuditSelection {
  return {
    projects,
    ...(person !== undefined && { person }),
    ...(action !== undefined && { actions: action }),
    ...(objectId !== undefined && { objectId }),
    ...(from !== undefined && { from: timeIn('from', from) }),
    ...(to !== undefined && { to: timeIn('to', to) }),
  };
}

function timeIn(path: string, text: string): Date {
  return readTime(text) ?? refuse(path, 'must be a time in ISO 8601', 'a time such as 2026-11-28T07:00:00Z');
}
