/** Comments on runs and on neurons, with mentions. */
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import { checkNeuron } from '../jobs/index.ts';
import { mayIn, projectsOf } from '../people/caller.ts';
import { findMentions } from '../people/mentions.ts';
import {
  CommentPatchSchema,
  CommentSchema,
  Cursor,
  listOf,
  NeuronIndex,
  NewCommentSchema,
  pageLimit,
} from '../schemas/index.ts';
import type { Comment } from '../vocabulary/index.ts';
import { auditor } from './audit.ts';
import { openDoor } from './door.ts';
import { refuse } from './people-route.ts';
import { commentMaker } from './remade.ts';
import { answers, page, RunParams, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['sharing'];
const CommentParams = Type.Object({
  ...RunParams.properties,
  comment: Type.String({ examples: ['comment_01jz6f5m7s'] }),
});
/** By one person. People do not type faster. */
const MOST_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

const PAGE = {
  after: Type.Optional(Cursor),
  limit: Type.Optional(pageLimit(500, 500)),
};
const pageQuery = ({ after, limit = 500 }: { after?: string; limit?: number }) => ({
  limit,
  ...(after !== undefined && { after }),
});

export const comments: Routes = async (app, { store }) => {
  const { findRun, findComment } = openDoor(store);
  const audit = auditor(store);

  app.get(
    '/v1/runs/:id/comments',
    {
      schema: {
        tags,
        summary: 'List the comments on a run and its neurons',
        description: 'Oldest first. They are not part of what a share link shows.',
        params: RunParams,
        querystring: Type.Object({
          layer: Type.Optional(Type.String({ maxLength: 100, description: 'Only those on neurons of this layer.' })),
          neuron: Type.Optional({ ...NeuronIndex, description: 'Only those on this neuron of the layer.' }),
          ...PAGE,
        }),
        response: answers(200, listOf(CommentSchema), 404),
      },
    },
    async (request) => {
      const { layer, neuron, ...rest } = request.query;
      const { id } = await findRun(request);
      const found = await store.comments.list(id, {
        ...pageQuery(rest),
        ...(layer !== undefined && { layer }),
        ...(neuron !== undefined && { neuron }),
      });
      return page(found.data, found.hasMore, found.nextCursor);
    },
  );

  app.post(
    '/v1/runs/:id/comments',
    {
      config: { remade: commentMaker(store, findRun) },
      schema: {
        tags,
        summary: 'Comment on a run, or on one of its neurons',
        description:
          'The text is Markdown. `@name` mentions somebody who can see the run, who then finds the comment in `GET /v1/me/mentions`.',
        params: RunParams,
        body: { ...NewCommentSchema, examples: [{ text: 'Dead since step 400, @Ada', layer: 'dense_1', neuron: 7 }] },
        response: answers(201, CommentSchema, 404, 429),
      },
    },
    async (request, reply) => {
      const { caller, body } = request;
      const run = await findRun(request);
      refuseBlank(body.text);
      const problem = checkNeuron(run.spec.model, body);
      if (problem) refuse(problem.path, problem.message, problem.expected ?? '');
      await refuseHaste(caller.person?.id ?? null);
      const comment = await store.comments.create({
        runId: run.id,
        layer: body.layer ?? null,
        neuron: body.neuron ?? null,
        text: body.text,
        mentions: findMentions(body.text, await store.comments.readers(run.project)),
        author: caller.person?.id ?? null,
        answer: request.idempotencyKey,
      });
      if (!comment) throw notFound('RUN_NOT_FOUND', run.id);
      await audit(request, 'comment.created', { ...comment, project: run.project }, { after: facts(comment) });
      return reply.code(201).header('location', `/v1/runs/${run.id}/comments/${comment.id}`).send(comment);
    },
  );

  app.patch(
    '/v1/runs/:id/comments/:comment',
    {
      schema: {
        tags,
        summary: 'Change the text of a comment',
        description: 'Only its author may do this.',
        params: CommentParams,
        body: { ...CommentPatchSchema, examples: [{ text: 'Dead since step 300, @Ada' }] },
        response: answers(200, CommentSchema, 404),
      },
    },
    async (request) => {
      const { caller, body } = request;
      const { run, comment } = await findComment(request);
      if ((comment.author?.id ?? null) !== (caller.person?.id ?? null))
        throw new RelumineError('FORBIDDEN', 'Only the author of a comment may change it.');
      refuseBlank(body.text);
      const mentions = findMentions(body.text, await store.comments.readers(run.project));
      const changed = await store.comments.change(comment.id, { text: body.text, mentions });
      if (!changed) throw notFound('COMMENT_NOT_FOUND', comment.id);
      const thing = { ...comment, project: run.project };
      await audit(request, 'comment.changed', thing, { before: facts(comment), after: facts(changed) });
      return changed;
    },
  );

  app.delete(
    '/v1/runs/:id/comments/:comment',
    {
      schema: {
        tags,
        summary: 'Delete a comment',
        description: 'Its author may do this, and an admin of the project.',
        params: CommentParams,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const { caller } = request;
      const { run, comment } = await findComment(request);
      const isAuthor = comment.author !== null && comment.author.id === caller.person?.id;
      if (!isAuthor && !mayIn(caller, run.project, 'admin'))
        throw new RelumineError(
          'FORBIDDEN',
          'Only the author of a comment, or an admin of the project, may delete it.',
        );
      if (!(await store.comments.delete(comment.id))) throw notFound('COMMENT_NOT_FOUND', comment.id);
      await audit(request, 'comment.deleted', { ...comment, project: run.project }, { before: facts(comment) });
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/v1/me/mentions',
    {
      schema: {
        tags,
        summary: 'List the comments that mention the caller',
        description: 'Newest first; of others, and on runs that the caller can still see.',
        querystring: Type.Object(PAGE),
        response: answers(200, listOf(CommentSchema)),
      },
    },
    async ({ caller, query }) => {
      if (caller.person === null) return page<Comment>([]);
      const found = await store.comments.mentioning(caller.person.id, projectsOf(caller), pageQuery(query));
      return page(found.data, found.hasMore, found.nextCursor);
    },
  );

  /** Where nobody is registered, nobody is counted. */
  async function refuseHaste(author: string | null): Promise<void> {
    if (author === null) return;
    const count = await store.comments.countSince(author, new Date(Date.now() - MINUTE_MS));
    if (count < MOST_PER_MINUTE) return;
    throw new RelumineError('RATE_LIMITED', `At most ${MOST_PER_MINUTE} comments in a minute. Wait a little.`, {
      retryAfter: MINUTE_MS / 1000,
    });
  }
};

const facts = ({ runId, layer, neuron, text }: Comment) => ({
  runId,
  ...(layer !== null && { layer, neuron }),
  text,
});

function refuseBlank(text: string): void {
  if (text.trim() === '') refuse('text', 'must not be blank', 'at least one letter or digit');
}
