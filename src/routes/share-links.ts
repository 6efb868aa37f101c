/** Links that show a run, a comparison or trials to whoever has one, live and read-only. */
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import { hashOf, newToken } from '../people/tokens.ts';
import {
  CreatedShareLinkSchema,
  listOf,
  NewShareLinkSchema,
  SharedThingSchema,
  ShareLinkSchema,
} from '../schemas/index.ts';
import type { NewShareLink, Run, ShareKind, ShareLink } from '../vocabulary/index.ts';
import { auditor } from './audit.ts';
import { openDoor } from './door.ts';
import { originOf, readExpiry, refuse, SECRET, type PeopleRoutes } from './people-route.ts';
import { answers, page } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['sharing'];
const LinkParams = Type.Object({ id: Type.String({ examples: ['share_01jz6f5m7s'] }) });
const USUAL_LIFE_MS = 30 * 24 * 3600 * 1000;

export const shareLinks: PeopleRoutes = async (app, { store, callers, publicUrl }) => {
  const { findRuns, findShareLink, sightFor } = openDoor(store);
  const audit = auditor(store);

  app.post(
    '/v1/share-links',
    {
      config: SECRET,
      schema: {
        tags,
        summary: 'Share a run, a comparison or trials by a link',
        description:
          'Whoever has the link sees it without signing in, live, and changes nothing; data, models and predictions are not shared. The answer is the only place where the link is; an `Idempotency-Key` has no effect, because nothing may keep it.',
        body: { ...NewShareLinkSchema, examples: [{ kind: 'run', runs: ['run_01jz6f5m7s'] }] },
        response: answers(201, CreatedShareLinkSchema, 404),
      },
    },
    async (request, reply) => {
      const { kind, runs: ids } = request.body;
      const expiresAt = expiryOf(request.body);
      const runs = await findRuns(request, [...new Set(ids)]);
      const project = checkRuns(kind, runs);
      const token = newToken();
      const link = await store.shareLinks.create({
        tokenHash: hashOf(token),
        kind,
        project,
        runs: runs.map(({ id }) => id),
        createdBy: request.caller.person?.id ?? null,
        expiresAt,
      });
      await audit(request, 'shareLink.created', link, { after: facts(link) });
      return reply
        .code(201)
        .header('location', `/v1/share-links/${link.id}`)
        .send({ ...link, token, url: `${originOf(request, { publicUrl })}/shared/${token}` });
    },
  );

  app.get(
    '/v1/share-links',
    {
      schema: {
        tags,
        summary: 'List share links, newest first',
        description: 'Also those that have expired or were revoked; without their secrets.',
        querystring: Type.Object({
          run: Type.Optional(Type.String({ maxLength: 100, description: 'The id of a run: only links that show it.' })),
          project: Type.Optional(Type.String({ maxLength: 200, description: 'The id or name of a project.' })),
        }),
        response: answers(200, listOf(ShareLinkSchema), 404),
      },
    },
    async (request) => {
      const { run, project } = request.query;
      const { sight } = await sightFor(request, project);
      return page(await store.shareLinks.list(sight, run));
    },
  );

  app.get(
    '/v1/share-links/current',
    {
      schema: {
        tags,
        summary: 'Get what the link shows by which the caller came',
        description:
          'For the page of a link: the header is `Authorization: Bearer rls_<token>`. 404 for any other caller.',
        response: answers(200, SharedThingSchema, 404),
      },
    },
    async ({ caller }) => {
      const { via, credential, sharedRuns } = caller;
      const link = via === 'share' && credential !== null ? await store.shareLinks.get(credential) : null;
      if (!link || sharedRuns === null)
        throw new RelumineError('SHARE_LINK_NOT_FOUND', 'This request did not come by a share link.');
      const { kind, runs, expiresAt } = link;
      return { object: 'sharedThing' as const, kind, runs: runs.filter((id) => sharedRuns.has(id)), expiresAt };
    },
  );

  app.delete(
    '/v1/share-links/:id',
    {
      schema: {
        tags,
        summary: 'Revoke a share link',
        description: 'Its page shows nothing any more, and its streams are closed within two seconds.',
        params: LinkParams,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const link = await findShareLink(request);
      if (!(await store.shareLinks.revoke(link.id))) throw notFound('SHARE_LINK_NOT_FOUND', link.id);
      callers.forget();
      await audit(request, 'shareLink.revoked', link, { before: facts(link) });
      return reply.code(204).send(null);
    },
  );
};

const facts = ({ kind, runs, expiresAt }: ShareLink) => ({ kind, runs, expiresAt });

/** Null: never. */
const expiryOf = ({ expiresAt = new Date(Date.now() + USUAL_LIFE_MS).toISOString() }: NewShareLink): string | null =>
  readExpiry(expiresAt);

/** Returns the project of the runs. */
function checkRuns(kind: ShareKind, [first, ...others]: Run[]): string {
  if (first === undefined) return refuse('runs', 'must name a run', 'at least one id');
  if (kind !== 'comparison' && others.length > 0) refuse('runs', 'must name one run', `one id for "${kind}"`);
  if (others.some(({ project }) => project !== first.project))
    refuse('runs', 'must be of one project', 'runs of one project');
  return first.project;
}
