/** What is kept about a person: to take along, and to erase. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import { auditor } from './audit.ts';
import { openDoor } from './door.ts';
import type { PeopleRoutes } from './people-route.ts';
import { answers, FILE } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['people'];
const Params = Type.Object({ id: Type.String({ examples: ['person_01jz6f5m7s'] }) });

export const personalData: PeopleRoutes = async (app, { store, callers }) => {
  const audit = auditor(store);
  const { findPerson } = openDoor(store);

  app.get(
    '/v1/people/:id/export',
    {
      schema: {
        tags,
        summary: "Export a person's data",
        description:
          'Everything that is kept about the person, one JSON object per line: memberships, sessions, keys without their secrets, runs, data sets, views, comments, and what the audit log says. For the person, and for owners.',
        params: Params,
        response: answers(200, { content: { 'application/x-ndjson': FILE } }, 404),
      },
    },
    async (request, reply) => {
      const { id } = await findPerson(request);
      await audit(request, 'person.exported', { id });
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="${id}.jsonl"`)
        .send(Readable.from(linesOf(store.erasures.export(id)), { objectMode: false }));
    },
  );

  app.delete(
    '/v1/people/:id',
    {
      schema: {
        tags,
        summary: 'Erase a person',
        description:
          'Sessions, keys, memberships and the name in the audit log are gone. Runs, data sets, views and comments stay, made by nobody. The last owner cannot be erased. For the person, and for owners.',
        params: Params,
        response: answers(204, Type.Null(), 404, 409),
      },
    },
    async (request, reply) => {
      const { id } = await findPerson(request);
      const outcome = await store.erasures.erase(id);
      if (outcome === 'unknown') throw notFound('PERSON_NOT_FOUND', id);
      if (outcome === 'lastOwner')
        throw new RelumineError('LAST_OWNER', 'This is the only owner. Make somebody else an owner first.');
      const isOwn = request.caller.person?.id === id;
      // Whoever has erased itself is nobody.
      if (isOwn) request.caller = { ...request.caller, person: null, credential: null };
      await audit(request, 'person.erased', { id });
      callers.forget();
      return reply.code(204).send(null);
    },
  );
};

async function* linesOf(items: AsyncIterable<Record<string, unknown>>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`;
}
