/** Projects and their members. */
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import { projectsOf, roleIn } from '../people/caller.ts';
import {
  listOf,
  MemberSchema,
  NewMemberSchema,
  NewProjectSchema,
  ProjectPatchSchema,
  ProjectSchema,
} from '../schemas/index.ts';
import { DEFAULT_PROJECT } from '../vocabulary/index.ts';
import { auditor, changeOf } from './audit.ts';
import { openDoor } from './door.ts';
import { projectMaker } from './remade.ts';
import { answers, page, refuseBlank, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['projects'];
const Params = Type.Object({ id: Type.String({ description: 'An id, or a name.', examples: ['default'] }) });
const MemberParams = Type.Object({
  id: Type.String({ description: 'Of the project: an id, or a name.', examples: ['default'] }),
  person: Type.String({ description: 'Of the person: an id, or a name.', examples: ['ada'] }),
});

export const projects: Routes = async (app, { store }) => {
  const { findProject } = openDoor(store);
  const audit = auditor(store);

  app.get(
    '/v1/projects',
    {
      schema: {
        tags,
        summary: 'List projects',
        description: 'Those in which the caller has a role, by name. An owner sees all of them, as an admin.',
        response: answers(200, listOf(ProjectSchema)),
      },
    },
    async ({ caller }) => {
      const found = await store.projects.list(projectsOf(caller));
      return page(found.map((project) => ({ ...project, role: roleIn(caller, project.id) ?? 'viewer' })));
    },
  );

  app.post(
    '/v1/projects',
    {
      config: { remade: projectMaker(store) },
      schema: {
        tags,
        summary: 'Create a project',
        description: 'Only owners create projects. A new one is empty and has no members.',
        body: { ...NewProjectSchema, examples: [{ name: 'vision' }] },
        response: answers(201, ProjectSchema, 409),
      },
    },
    async (request, reply) => {
      const { name } = request.body;
      refuseBlank('name', name);
      const created = await store.projects.create(name, request.idempotencyKey);
      await audit(request, 'project.created', ofItself(created), { after: { name: created.name } });
      return reply
        .code(201)
        .header('location', `/v1/projects/${created.id}`)
        .send({ ...created, role: 'admin' });
    },
  );

  app.get(
    '/v1/projects/:id',
    {
      schema: {
        tags,
        summary: 'Get a project',
        description: 'Its name, its limits, what it deletes after how many days, and the role of the caller.',
        params: Params,
        response: answers(200, ProjectSchema, 404),
      },
    },
    async (request) => findProject(request),
  );

  app.patch(
    '/v1/projects/:id',
    {
      schema: {
        tags,
        summary: 'Rename a project, or change its limits and retention',
        description: 'What is left out stays as it is.',
        params: Params,
        body: { ...ProjectPatchSchema, examples: [{ name: 'vision' }] },
        response: answers(200, ProjectSchema, 404, 409),
      },
    },
    async (request) => {
      refuseBlank('name', request.body.name);
      const { role, ...project } = await findProject(request);
      if (request.body.limits !== undefined && !request.caller.isOwner)
        throw new RelumineError('FORBIDDEN', 'Only an owner changes the limits of a project.');
      const changed = await store.projects.change(project.id, request.body);
      if (!changed) throw notFound('PROJECT_NOT_FOUND', request.params.id);
      await audit(request, 'project.changed', ofItself(changed), changeOf(request.body, project, changed));
      return { ...changed, role };
    },
  );

  app.delete(
    '/v1/projects/:id',
    {
      schema: {
        tags,
        summary: 'Delete a project',
        description:
          'If it contains runs, data sets or views the answer is 409 PROJECT_IN_USE and says how many, unless `force` is true: then they are deleted with it. The project `default` stays.',
        params: Params,
        querystring: Type.Object({
          force: Type.Optional(Type.Boolean({ default: false, description: 'Delete it with everything in it.' })),
        }),
        response: answers(204, Type.Null(), 404, 409),
      },
    },
    async (request, reply) => {
      const { id, name } = await findProject(request);
      if (id === DEFAULT_PROJECT)
        throw new RelumineError(
          'WRONG_STATE',
          'This project cannot be deleted. It is where things go that name no project.',
        );
      if (!(await store.projects.delete(id, request.query.force === true)))
        throw inUse(name, await store.projects.holdings(id));
      await audit(request, 'project.deleted', ofItself({ id }), { before: { name } });
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/v1/projects/:id/members',
    {
      schema: {
        tags,
        summary: 'List the members of a project',
        description: 'By name. Owners may do everything without being members.',
        params: Params,
        response: answers(200, listOf(MemberSchema), 404),
      },
    },
    async (request) => page(await store.projects.members((await findProject(request)).id)),
  );

  app.post(
    '/v1/projects/:id/members',
    {
      schema: {
        tags,
        summary: 'Add a member, or change the role of one',
        description:
          'A viewer reads, a member submits runs and changes or deletes what is in the project, an admin also decides who is in it. Takes effect at once, on open streams too. 201 for a new member, otherwise 200.',
        params: Params,
        body: { ...NewMemberSchema, examples: [{ person: 'ada', role: 'member' }] },
        response: { ...answers(201, MemberSchema, 404), ...answers(200, MemberSchema) },
      },
    },
    async (request, reply) => {
      const { id } = await findProject(request);
      const person = await findPerson(request.body.person);
      const set = await store.projects.setMember(id, person.id, request.body.role);
      if (!set) throw notFound('PERSON_NOT_FOUND', request.body.person);
      const { isNew, member } = set;
      const of = { id: person.id, project: id };
      const after = { person: person.name, role: member.role };
      await audit(request, isNew ? 'member.added' : 'member.changed', of, { after });
      return reply.code(isNew ? 201 : 200).send(member);
    },
  );

  app.delete(
    '/v1/projects/:id/members/:person',
    {
      schema: {
        tags,
        summary: 'Remove a member',
        description: 'What the person has made stays. Open streams of the person end.',
        params: MemberParams,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const { id } = await findProject(request);
      const person = await findPerson(request.params.person);
      if (!(await store.projects.removeMember(id, person.id)))
        throw notFound('PERSON_NOT_FOUND', request.params.person);
      await audit(request, 'member.removed', { id: person.id, project: id }, { before: { person: person.name } });
      return reply.code(204).send(null);
    },
  );

  async function findPerson(idOrName: string) {
    const person = await store.people.find(idOrName);
    if (!person) throw notFound('PERSON_NOT_FOUND', idOrName);
    return person;
  }
};

/** What happens to a project happened in it. */
const ofItself = ({ id }: { id: string }) => ({ id, project: id });

function inUse(name: string, holdings: Readonly<Record<'runs' | 'datasets' | 'views', number>>): RelumineError {
  const counted = [
    [holdings.runs, 'run', 'runs'],
    [holdings.datasets, 'data set', 'data sets'],
    [holdings.views, 'view', 'views'],
  ] as const;
  const parts = counted
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  return new RelumineError(
    'PROJECT_IN_USE',
    `Project ${JSON.stringify(name)} contains ${parts.join(', ')}. Move them, or delete the project with force=true.`,
  );
}
