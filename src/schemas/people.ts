import { Type } from 'typebox';
import {
  DEFAULT_SCOPES,
  KEY_SCOPES,
  LONGEST_KEY_NAME,
  LONGEST_PASSWORD,
  LONGEST_PERSON_NAME,
  PROJECT_ROLES,
  type AcceptInvitation,
  type CreatedInvitation,
  type CreatedKey,
  type Invitation,
  type Key,
  type Me,
  type NewInvitation,
  type NewKey,
  type NewServiceAccount,
  type PasswordChange,
  type Person,
  type PersonName,
  type PersonPatch,
  type Session,
  type SignIn,
  type SignInRequest,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';
import { LimitsSchema } from './projects.ts';

const Time = Type.String({ description: 'ISO 8601, UTC.' });
const MaybeTime = nullable(Time);
const Role = Type.Enum(PROJECT_ROLES);
/** Its length and what it must not contain are checked where people are registered. */
const Password = Type.String({ maxLength: LONGEST_PASSWORD });
const Name = Type.String({ minLength: 1, maxLength: LONGEST_PERSON_NAME });
const Email = Type.String({ minLength: 3, maxLength: 254 });

const PersonNameSchema = schemaOf<PersonName>()(Type.Object({ id: Type.String(), name: Type.String() }));

export const PersonSchema = schemaOf<Person>()(
  Type.Object({
    id: Type.String(),
    object: Type.Literal('person'),
    name: Type.String(),
    email: nullable(Type.String()),
    isOwner: Type.Boolean({ description: 'May do everything in every project.' }),
    isService: Type.Boolean({ description: 'An account of programs, which has keys only.' }),
    responsible: nullable(PersonNameSchema, 'Who answers for a service account.'),
    createdAt: Time,
    disabledAt: nullable(Time, 'Since when it cannot sign in.'),
  }),
);
export const PersonPatchSchema = schemaOf<PersonPatch>()(
  closed({
    name: Type.Optional(Name),
    email: Type.Optional(nullable(Email)),
    isOwner: Type.Optional(Type.Boolean()),
    disabled: Type.Optional(Type.Boolean({ description: 'Ends its sessions and keys, until it is false again.' })),
    limits: Type.Optional(LimitsSchema),
  }),
);
export const NewServiceAccountSchema = schemaOf<NewServiceAccount>()(
  closed({
    name: Name,
    isService: Type.Literal(true),
    responsible: Type.Optional(
      Type.String({ description: 'The id or name of the person who answers for it; by default oneself.' }),
    ),
  }),
);

export const SignInSchema = schemaOf<SignIn>()(
  Type.Object({
    object: Type.Literal('signIn'),
    isOpen: Type.Boolean({ description: 'Nobody is registered, and everybody may do everything.' }),
    oidc: nullable(Type.Object({ name: Type.String(), url: Type.String() }), 'Another way to sign in.'),
    needsOwner: Type.Boolean({ description: 'Nobody is registered, and the service waits for its first owner.' }),
  }),
);
export const SignInRequestSchema = schemaOf<SignInRequest>()(
  closed({
    name: Type.String({ minLength: 1, maxLength: 254, description: 'A name or an e-mail address.' }),
    password: Password,
  }),
);
export const PasswordChangeSchema = schemaOf<PasswordChange>()(closed({ password: Password, newPassword: Password }));
export const MeSchema = schemaOf<Me>()(
  Type.Object({
    object: Type.Literal('me'),
    via: Type.Enum(['open', 'session', 'key', 'share']),
    person: nullable(PersonSchema),
    isOwner: Type.Boolean(),
    projects: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), role: Role })),
  }),
);
export const SessionSchema = schemaOf<Session>()(
  Type.Object({
    id: Type.String(),
    object: Type.Literal('session'),
    isCurrent: Type.Boolean(),
    address: nullable(Type.String()),
    agent: nullable(Type.String()),
    createdAt: Time,
    lastUsedAt: Time,
    expiresAt: Time,
  }),
);

const key = {
  id: Type.String(),
  object: Type.Literal('key'),
  name: Type.String(),
  prefix: Type.String({ description: 'What the key begins with.' }),
  person: PersonNameSchema,
  scopes: Type.Array(Type.Enum(KEY_SCOPES)),
  createdAt: Time,
  lastUsedAt: MaybeTime,
  expiresAt: MaybeTime,
};
export const KeySchema = schemaOf<Key>()(Type.Object(key));
export const CreatedKeySchema = schemaOf<CreatedKey>()(
  Type.Object({ ...key, key: Type.String({ description: 'The whole key. It is shown only here.' }) }),
);
export const NewKeySchema = schemaOf<NewKey>()(
  closed({
    name: Type.String({ minLength: 1, maxLength: LONGEST_KEY_NAME }),
    scopes: Type.Optional(Type.Array(Type.Enum(KEY_SCOPES), { minItems: 1, maxItems: 3, default: DEFAULT_SCOPES })),
    expiresAt: Type.Optional(MaybeTime),
    person: Type.Optional(Type.String({ description: 'The id or name of a service account; for owners.' })),
  }),
);

const invitation = {
  id: Type.String(),
  object: Type.Literal('invitation'),
  email: nullable(Type.String()),
  project: nullable(Type.String()),
  projectName: nullable(Type.String()),
  role: nullable(Role),
  asOwner: Type.Boolean(),
  createdBy: nullable(PersonNameSchema),
  createdAt: Time,
  expiresAt: Time,
  usedAt: MaybeTime,
};
export const InvitationSchema = schemaOf<Invitation>()(Type.Object(invitation));
export const CreatedInvitationSchema = schemaOf<CreatedInvitation>()(
  Type.Object({ ...invitation, url: Type.String({ description: 'The link. It is shown only here, and works once.' }) }),
);
export const NewInvitationSchema = schemaOf<NewInvitation>()(
  closed({
    email: Type.Optional(Email),
    project: Type.Optional(Type.String({ maxLength: 200, description: 'An id or a name; by default into none.' })),
    role: Type.Optional(Role),
    asOwner: Type.Optional(Type.Boolean({ description: 'As an owner; only owners can invite one.' })),
    expiresAt: Type.Optional(Time),
  }),
);
const Token = Type.String({ minLength: 1, maxLength: 200, description: 'What is behind # in the link.' });
export const InvitationTokenSchema = closed({ token: Token });
export const AcceptInvitationSchema = schemaOf<AcceptInvitation>()(
  closed({ token: Token, name: Type.Optional(Name), password: Type.Optional(Password) }),
);
