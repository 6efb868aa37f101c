/** Keys of programs. */
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import type { Caller } from '../people/caller.ts';
import { hashOf, newKey } from '../people/tokens.ts';
import { DEFAULT_SCOPES } from '../vocabulary/index.ts';
import { CreatedKeySchema, KeySchema, listOf, NewKeySchema } from '../schemas/index.ts';
import { auditor } from './audit.ts';
import { personOf, readExpiry, refuse, SECRET, type PeopleRoutes } from './people-route.ts';
import { answers, page } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['people'];
const Params = Type.Object({ id: Type.String({ examples: ['key_01jz6f5m7s'] }) });

export const keys: PeopleRoutes = async (app, { store, callers }) => {
  const audit = auditor(store);
  app.get(
    '/v1/keys',
    {
      schema: {
        tags,
        summary: 'List keys',
        description:
          "One's own, and for an owner those of service accounts too, newest first. Never the keys themselves.",
        response: answers(200, listOf(KeySchema)),
      },
    },
    async ({ caller }) => page(await store.keys.list(caller.person?.id ?? null, caller.isOwner)),
  );

  app.post(
    '/v1/keys',
    {
      config: SECRET,
      schema: {
        tags,
        summary: 'Make a key',
        description:
          'For a program that acts as the caller, or as a service account if the caller is an owner. `scopes`: `read` (as a viewer), `write` (as a member), `admin` (all that the person may). Only this answer has the key. An `Idempotency-Key` has no effect.',
        body: {
          ...NewKeySchema,
          examples: [{ name: 'nightly', scopes: ['write'], expiresAt: '2027-01-31T00:00:00Z' }],
        },
        response: answers(201, CreatedKeySchema, 404),
      },
    },
    async (request, reply) => {
      const { name, scopes = DEFAULT_SCOPES, expiresAt, person } = request.body;
      if (name.trim() === '') refuse('name', 'must not be blank', 'at least one letter or digit');
      const personId = await findBearer(request.caller, person);
      const until = readExpiry(expiresAt);
      const { key, short, long } = newKey();
      const created = await store.keys.create({
        personId,
        name,
        short,
        longHash: hashOf(long),
        scopes: [...new Set(scopes)],
        expiresAt: until,
      });
      const { id, prefix, person: bearer } = created;
      await audit(
        request,
        'key.created',
        { id },
        { after: { name: created.name, prefix, scopes, person: bearer.name } },
      );
      return reply.code(201).send({ ...created, key });
    },
  );

  app.delete(
    '/v1/keys/:id',
    {
      schema: {
        tags,
        summary: 'Revoke a key',
        description: 'It is refused from then on, and its live streams end within 2 s. Owners can revoke every key.',
        params: Params,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { caller } = request;
      const key = await store.keys.get(id);
      if (!key || !(caller.isOwner || key.person.id === caller.person?.id)) throw notFound('KEY_NOT_FOUND', id);
      if (!(await store.keys.revoke(id))) throw notFound('KEY_NOT_FOUND', id);
      await audit(request, 'key.revoked', { id }, { before: { name: key.name, person: key.person.name } });
      callers.forget();
      return reply.code(204).send(null);
    },
  );

  /** Whom the key stands for. Throws FORBIDDEN, PERSON_NOT_FOUND or WRONG_STATE. */
  async function findBearer(caller: Caller, wanted: string | undefined): Promise<string> {
    const own = personOf(caller);
    if (wanted === undefined || wanted === own.id) return own.id;
    if (!caller.isOwner) throw new RelumineError('FORBIDDEN', 'Only an owner may make keys of service accounts.');
    const person = await store.people.find(wanted);
    if (!person) throw notFound('PERSON_NOT_FOUND', wanted);
    if (!person.isService && person.id !== own.id)
      throw new RelumineError('FORBIDDEN', 'Only they themselves can make keys of people. Make a service account.');
    return person.id;
  }
};
