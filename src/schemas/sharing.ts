import { Type } from 'typebox';
import {
  LONGEST_COMMENT,
  MOST_SHARED_RUNS,
  SHARE_KINDS,
  type Comment,
  type CommentPatch,
  type CreatedShareLink,
  type NewComment,
  type NewShareLink,
  type PersonName,
  type SharedThing,
  type ShareLink,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';
import { NeuronIndex } from './parameters.ts';

const PersonNameSchema = schemaOf<PersonName>()(Type.Object({ id: Type.String(), name: Type.String() }));

const kind = Type.Enum(SHARE_KINDS, {
  description: '`run`: one run. `comparison`: several. `trials`: a run with its trials, also those to come.',
});
const linkFields = {
  id: Type.String(),
  object: Type.Literal('shareLink'),
  kind,
  project: Type.String(),
  runs: Type.Array(Type.String(), { description: 'Of trials: the run for which they were made.' }),
  createdBy: nullable(PersonNameSchema, 'Null if nobody was registered, or if the person was erased.'),
  createdAt: Type.String(),
  expiresAt: nullable(Type.String(), 'Null: it does not expire.'),
  revokedAt: nullable(Type.String()),
  lastUsedAt: nullable(Type.String(), 'To the minute.'),
};
export const ShareLinkSchema = schemaOf<ShareLink>()(Type.Object(linkFields));
export const CreatedShareLinkSchema = schemaOf<CreatedShareLink>()(
  Type.Object({
    ...linkFields,
    token: Type.String({ description: 'The secret of the link, shown only here.' }),
    url: Type.String({ description: 'The page that shows it.' }),
  }),
);
export const NewShareLinkSchema = schemaOf<NewShareLink>()(
  closed({
    kind,
    runs: Type.Array(Type.String({ maxLength: 100 }), {
      minItems: 1,
      maxItems: MOST_SHARED_RUNS,
      description: 'Ids, of one project. One id, unless it is a comparison.',
    }),
    expiresAt: Type.Optional(
      nullable(Type.String({ maxLength: 40 }), 'ISO 8601; default: in 30 days; null: it does not expire.'),
    ),
  }),
);
export const SharedThingSchema = schemaOf<SharedThing>()(
  Type.Object({
    object: Type.Literal('sharedThing'),
    kind,
    runs: Type.Array(Type.String(), {
      description: 'Those that still exist. Of trials: the run for which they were made.',
    }),
    expiresAt: nullable(Type.String()),
  }),
);

const text = Type.String({
  minLength: 1,
  maxLength: LONGEST_COMMENT,
  description: 'Markdown. `@name` mentions somebody who can see the run.',
});
const layer = Type.String({ maxLength: 100 });

export const CommentSchema = schemaOf<Comment>()(
  Type.Object({
    id: Type.String(),
    object: Type.Literal('comment'),
    runId: Type.String(),
    layer: nullable(layer, 'Of a neuron; null: the comment is on the whole run.'),
    neuron: nullable(NeuronIndex),
    text: Type.String({ description: 'Markdown.' }),
    mentions: Type.Array(PersonNameSchema, { description: 'People whose names are in the text after `@`.' }),
    author: nullable(PersonNameSchema, 'Null if nobody was registered, or if the author was erased.'),
    createdAt: Type.String(),
    editedAt: nullable(Type.String()),
  }),
);
export const NewCommentSchema = schemaOf<NewComment>()(
  closed({
    text,
    layer: Type.Optional({ ...layer, description: 'With `neuron`: the layer of the neuron that it is about.' }),
    neuron: Type.Optional({ ...NeuronIndex, description: 'Its number in the layer, from 0 on.' }),
  }),
);
export const CommentPatchSchema = schemaOf<CommentPatch>()(closed({ text }));
