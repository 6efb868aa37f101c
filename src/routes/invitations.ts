/** Links with which people register, or join a project. */
import { Type } from 'typebox';
import type { FastifyRequest } from 'fastify';
import { RelumineError, notFound } from '../errors.ts';
import { mayIn, projectsOf } from '../people/caller.ts';
import { describeCaller } from '../people/me.ts';
import { hashPassword, problemOf } from '../people/passwords.ts';
import { networkOf, slowDown } from '../people/sign-in.ts';
import { hashOf, newToken } from '../people/tokens.ts';
import {
  AcceptInvitationSchema,
  CreatedInvitationSchema,
  InvitationSchema,
  InvitationTokenSchema,
  listOf,
  MeSchema,
  NewInvitationSchema,
} from '../schemas/index.ts';
import type { NewPerson, Slowness } from '../store/store.ts';
import { INVITATION_DAYS, INVITATION_PAGE, type AcceptInvitation, type Invitation } from '../vocabulary/index.ts';
import { auditor } from './audit.ts';
import {
  checkPerson,
  openSession,
  originOf,
  readExpiry,
  refuse,
  registered,
  SECRET,
  type PeopleRoutes,
} from './people-route.ts';
import { answers, page } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['people'];
const Params = Type.Object({ id: Type.String({ examples: ['invitation_01jz6f5m7s'] }) });
const DAY_MS = 24 * 3600 * 1000;
/** Links that do not work, from one address. */
const WRONG_LINKS: Slowness = { free: 20, longestWaitSeconds: 900 };

export const invitations: PeopleRoutes = async (app, options) => {
  const { store, callers } = options;
  const audit = auditor(store);

  app.get(
    '/v1/invitations',
    {
      schema: {
        tags,
        summary: 'List invitations',
        description:
          'Newest first, of the projects that one is an admin of; for owners all. Never the links themselves.',
        querystring: Type.Object({ project: Type.Optional(Type.String({ description: 'An id or a name.' })) }),
        response: answers(200, listOf(InvitationSchema), 404),
      },
    },
    async ({ caller, query: { project } }) => {
      const ids = projectsOf(caller, 'admin');
      if (project === undefined) return page(await store.invitations.list(ids));
      const { id } = await findProject(project, ids);
      return page(await store.invitations.list([id]));
    },
  );

  app.post(
    '/v1/invitations',
    {
      config: SECRET,
      schema: {
        tags,
        summary: 'Invite somebody',
        description:
          'Makes a link that works once, for 7 days by default: whoever has it can register, and becomes a member of `project` with `role` (`member` by default). Admins of the project may, and owners, who can also invite `asOwner`. Only this answer has the link.',
        body: {
          ...NewInvitationSchema,
          examples: [{ email: 'ada@example.org', project: 'default', role: 'member' }],
        },
        response: answers(201, CreatedInvitationSchema, 404),
      },
    },
    async (request, reply) => {
      const { caller, body } = request;
      const { email = null, role, asOwner = false } = body;
      checkPerson({ email });
      if (role !== undefined && body.project === undefined)
        refuse('project', 'must say where the role is held', 'the id or name of a project');
      if (!caller.isOwner && (asOwner || body.project === undefined))
        throw new RelumineError('FORBIDDEN', 'Only an owner may invite an owner, or somebody into no project.');
      const project = body.project === undefined ? null : (await findProject(body.project, projectsOf(caller))).id;
      if (project !== null && !mayIn(caller, project, 'admin'))
        throw new RelumineError('FORBIDDEN', 'Only an admin of the project may invite somebody into it.');
      const token = newToken();
      const expiresAt = new Date(readExpiry(body.expiresAt) ?? Date.now() + INVITATION_DAYS * DAY_MS);
      const invitation = await store.invitations.create({
        tokenHash: hashOf(token),
        email,
        project,
        role: project === null ? null : (role ?? 'member'),
        asOwner,
        createdBy: caller.person?.id ?? null,
        expiresAt,
      });
      await audit(request, 'invitation.created', invitation, { after: { email, role: invitation.role, asOwner } });
      return reply.code(201).send({ ...invitation, url: linkOf(token, originOf(request, options)) });
    },
  );

  app.delete(
    '/v1/invitations/:id',
    {
      schema: {
        tags,
        summary: 'Take an invitation back',
        description: 'Its link does not work any more. Who has used it stays.',
        params: Params,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { caller } = request;
      const invitation = await store.invitations.get(id);
      const isSeen = caller.isOwner || (invitation?.project && mayIn(caller, invitation.project, 'admin'));
      if (!invitation || !isSeen || !(await store.invitations.revoke(id))) throw notFound('INVITATION_NOT_FOUND', id);
      await audit(request, 'invitation.revoked', invitation, { before: { email: invitation.email } });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/invitations/look',
    {
      config: SECRET,
      schema: {
        tags,
        summary: 'Look at an invitation',
        description: 'What the link is for, for whoever has it. 404 if it was used or taken back, or has expired.',
        body: { ...InvitationTokenSchema, examples: [{ token: 'n2dRkA...' }] },
        response: answers(200, InvitationSchema, 404),
      },
    },
    async (request) => findOpen(request, request.body.token),
  );

  app.post(
    '/v1/invitations/accept',
    {
      config: SECRET,
      schema: {
        tags,
        summary: 'Accept an invitation',
        description:
          'Registers a person with `name` and `password`, who is signed in by the answer. Whoever is signed in already joins the project of the invitation instead.',
        body: {
          ...AcceptInvitationSchema,
          examples: [{ token: 'n2dRkA...', name: 'Ada', password: 'a long sentence' }],
        },
        response: answers(200, MeSchema, 404),
      },
    },
    async (request, reply) => {
      const invitation = await findOpen(request, request.body.token);
      const { caller } = request;
      const isKnown = caller.via === 'session' && request.body.name === undefined;
      const who = isKnown && caller.person ? { id: caller.person.id } : await newPerson(request.body, invitation);
      const registration = await store.invitations.use(invitation.id, who);
      if (registration === null) throw gone();
      const person = registered(registration);
      callers.forget();
      const me = isKnown
        ? await describeCaller(store, (request.caller = await callers.of(request.credential)))
        : await openSession(request, reply, options, person);
      await audit(request, 'invitation.accepted', invitation, { after: { person: person.name } });
      return me;
    },
  );

  /** Throws INVITATION_NOT_FOUND or RATE_LIMITED. */
  async function findOpen({ ip }: FastifyRequest, token: string): Promise<Invitation> {
    const invitation = await store.invitations.open(hashOf(token));
    if (invitation) return invitation;
    await slowDown(store, `invitation ${networkOf(ip)}`, WRONG_LINKS);
    throw gone();
  }

  /** Throws PROJECT_NOT_FOUND. */
  async function findProject(idOrName: string, ids: readonly string[] | null): Promise<{ id: string }> {
    const project = await store.projects.find(idOrName, ids);
    if (project) return project;
    throw notFound('PROJECT_NOT_FOUND', idOrName);
  }
};

/** Throws INVALID_REQUEST. */
async function newPerson({ name, password }: AcceptInvitation, { email }: Invitation): Promise<NewPerson> {
  if (name === undefined) refuse('name', 'must be given', 'the name under which you sign in');
  if (password === undefined) refuse('password', 'must be given', 'a password');
  checkPerson({ name });
  const problem = problemOf(password);
  if (problem) refuse('password', problem, 'a longer password');
  return { name, email, passwordHash: await hashPassword(password) };
}

/** Browsers send nothing of what is behind `#` to any server. */
const linkOf = (token: string, origin: string): string => `${origin}${INVITATION_PAGE}#${token}`;

const gone = () =>
  new RelumineError(
    'INVITATION_NOT_FOUND',
    'This invitation does not work: it was used or taken back, or it has expired. Ask for another one.',
  );
