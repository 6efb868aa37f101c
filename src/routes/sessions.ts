/** Sign in and out, and see where else one is signed in. */
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import { describeCaller } from '../people/me.ts';
import { checkPassword, hashPassword, problemOf } from '../people/passwords.ts';
import { signIn, slowSignIn } from '../people/sign-in.ts';
import {
  listOf,
  MeSchema,
  PasswordChangeSchema,
  SessionSchema,
  SignInRequestSchema,
  SignInSchema,
} from '../schemas/index.ts';
import { OIDC_PATH } from '../vocabulary/index.ts';
import { auditor } from './audit.ts';
import { openSession, personOf, refuse, SECRET, type PeopleRoutes } from './people-route.ts';
import { answers, page } from './route.ts';
import { clearSessionCookie } from './session-cookie.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['people'];
const Params = Type.Object({ id: Type.String({ examples: ['session_01jz6f5m7s'] }) });

export const sessions: PeopleRoutes = async (app, options) => {
  const { store, callers } = options;
  const audit = auditor(store);

  app.get(
    '/v1/session',
    {
      schema: {
        tags,
        summary: 'Say how one can sign in',
        description: 'For everybody. `isOpen`: nobody is registered, and there is no need to sign in.',
        response: answers(200, SignInSchema),
      },
    },
    async ({ caller }) => ({
      object: 'signIn' as const,
      isOpen: caller.via === 'open',
      oidc: options.oidcName === null ? null : { name: options.oidcName, url: OIDC_PATH },
      needsOwner: caller.via === 'nobody' && (await callers.isEmpty()),
    }),
  );

  app.post(
    '/v1/session',
    {
      config: SECRET,
      schema: {
        tags,
        summary: 'Sign in',
        description:
          'With a name or an e-mail address, and a password. The answer sets the cookie `relumine_session`. Who guesses has to wait longer and longer: 429 with `Retry-After`. Programs use keys instead.',
        body: { ...SignInRequestSchema, examples: [{ name: 'ada', password: 'a long sentence' }] },
        response: answers(200, MeSchema),
      },
    },
    async (request, reply) => {
      const me = await openSession(request, reply, options, await signIn(store, request.body, request.ip));
      await audit(request, 'session.created', { id: request.caller.credential ?? '' });
      return me;
    },
  );

  app.delete(
    '/v1/session',
    {
      schema: {
        tags,
        summary: 'Sign out',
        description: 'Ends the session of the cookie, or revokes the key of the header, that the request carries.',
        response: answers(204, Type.Null()),
      },
    },
    async (request, reply) => {
      const { via, person, credential } = request.caller;
      if (via === 'session' && person && credential !== null && (await store.sessions.end(person.id, credential)))
        await audit(request, 'session.ended', { id: credential });
      if (via === 'key' && credential !== null && (await store.keys.revoke(credential)))
        await audit(request, 'key.revoked', { id: credential });
      callers.forget();
      clearSessionCookie(reply);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/v1/sessions',
    {
      schema: {
        tags,
        summary: "List one's sessions",
        description: 'The browsers in which one is signed in, newest first.',
        response: answers(200, listOf(SessionSchema)),
      },
    },
    async ({ caller: { person, credential } }) =>
      page(
        person === null
          ? []
          : (await store.sessions.list(person.id)).map((session) => ({
              ...session,
              isCurrent: session.id === credential,
            })),
      ),
  );

  app.delete(
    '/v1/sessions/:id',
    {
      schema: {
        tags,
        summary: "End one of one's sessions",
        description: 'That browser is signed out, and its live streams end within 2 s.',
        params: Params,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { person } = request.caller;
      if (!person || !(await store.sessions.end(person.id, id))) throw notFound('SESSION_NOT_FOUND', id);
      await audit(request, 'session.ended', { id });
      callers.forget();
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/v1/me',
    {
      schema: {
        tags,
        summary: 'Say who the caller is',
        description:
          'The person, and what it may see. Where nobody is registered, `via` is `open` and `person` is null.',
        response: answers(200, MeSchema),
      },
    },
    async ({ caller }) => describeCaller(store, caller),
  );

  app.post(
    '/v1/me/password',
    {
      config: SECRET,
      schema: {
        tags,
        summary: "Change one's password",
        description: 'Needs the present one. All other sessions of the person end; keys stay.',
        body: {
          ...PasswordChangeSchema,
          examples: [{ password: 'a long sentence', newPassword: 'a longer sentence' }],
        },
        response: answers(204, Type.Null()),
      },
    },
    async (request, reply) => {
      const { caller, body, ip } = request;
      const { id, name } = personOf(caller);
      const problem = problemOf(body.newPassword);
      if (problem) refuse('newPassword', problem, 'a longer password');
      const present = await store.people.passwordHash(id);
      const attempt = await slowSignIn(store, name, ip);
      if (!(await checkPassword(present, body.password)))
        throw new RelumineError('FORBIDDEN', 'The present password is wrong.');
      await attempt.succeeded();
      await store.people.setPassword(id, await hashPassword(body.newPassword), caller.credential);
      await audit(request, 'password.changed', { id });
      callers.forget();
      return reply.code(204).send(null);
    },
  );
};
