/** People and service accounts, for owners. */
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import type { AuditAction, PersonPatch } from '../vocabulary/index.ts';
import { listOf, NewServiceAccountSchema, PersonPatchSchema, PersonSchema } from '../schemas/index.ts';
import { auditor, changeOf } from './audit.ts';
import { checkPerson, nameTaken, registered, type PeopleRoutes } from './people-route.ts';
import { personMaker } from './remade.ts';
import { answers, page } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['people'];
const Params = Type.Object({ id: Type.String({ examples: ['person_01jz6f5m7s'] }) });

export const people: PeopleRoutes = async (app, { store, callers }) => {
  const audit = auditor(store);

  app.get(
    '/v1/people',
    {
      schema: {
        tags,
        summary: 'List people and service accounts',
        description: 'Oldest first. For owners.',
        response: answers(200, listOf(PersonSchema)),
      },
    },
    async () => page(await store.people.list()),
  );

  app.post(
    '/v1/people',
    {
      config: { remade: personMaker(store) },
      schema: {
        tags,
        summary: 'Make a service account',
        description: 'An account of programs, which has keys and no password. People come by invitation. For owners.',
        body: { ...NewServiceAccountSchema, examples: [{ name: 'nightly training', isService: true }] },
        response: answers(201, PersonSchema, 404),
      },
    },
    async (request, reply) => {
      const { name, responsible } = request.body;
      checkPerson({ name });
      const answerable = responsible === undefined ? request.caller.person : await store.people.find(responsible);
      if (!answerable && responsible !== undefined) throw notFound('PERSON_NOT_FOUND', responsible);
      const person = registered(
        await store.people.create(
          { name, isService: true, responsible: answerable?.id ?? null },
          request.idempotencyKey,
        ),
      );
      await audit(request, 'person.created', person, { after: { name: person.name, isService: true } });
      return reply.code(201).send(person);
    },
  );

  app.patch(
    '/v1/people/:id',
    {
      schema: {
        tags,
        summary: 'Change a person',
        description:
          'What is left out stays. `disabled`: its sessions and keys are refused, and its live streams end within 2 s. The last owner stays one. For owners.',
        params: Params,
        body: { ...PersonPatchSchema, examples: [{ disabled: true }] },
        response: answers(200, PersonSchema, 404, 409),
      },
    },
    async (request) => {
      const { id } = request.params;
      checkPerson(request.body);
      const before = await store.people.get(id);
      const changed = before && (await store.people.change(id, request.body));
      if (!changed) throw notFound('PERSON_NOT_FOUND', id);
      if (changed === 'nameTaken') throw nameTaken();
      if (changed === 'lastOwner')
        throw new RelumineError('LAST_OWNER', 'This is the only owner. Make somebody else an owner first.');
      const { person } = changed;
      const { disabled, ...patch } = request.body;
      await audit(
        request,
        actionOf(request.body, before.disabledAt !== null),
        person,
        changeOf({ ...patch, ...(disabled !== undefined && { disabledAt: null }) }, before, person),
      );
      callers.forget();
      return person;
    },
  );
};

const actionOf = ({ disabled }: PersonPatch, wasDisabled: boolean): AuditAction =>
  disabled === undefined || disabled === wasDisabled
    ? 'person.changed'
    : disabled
      ? 'person.disabled'
      : 'person.enabled';
