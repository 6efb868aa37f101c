import { Type } from 'typebox';
import {
  LIMITED,
  PROJECT_ROLES,
  RETAINED,
  type Limits,
  type Member,
  type NewMember,
  type NewProject,
  type PersonName,
  type Project,
  type ProjectPatch,
  type Retention,
  type RetentionPlan,
  type Usage,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';

/** A person, as other things name one. */
const PersonNameSchema = schemaOf<PersonName>()(Type.Object({ id: Type.String(), name: Type.String() }));
export const CreatedBySchema = nullable(
  PersonNameSchema,
  'Who made it; null if nobody was registered, or if the person was erased since.',
);
/** How a request names a project. */
export const ProjectName = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'A project: its id, or its name. Default: `default`, or your only project if you have no role there.',
});

/** Of a list. */
export const ListedProject = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Only those of a project: its id, or its name.',
});

const name = Type.String({ minLength: 1, maxLength: 100 });
const role = Type.Enum(PROJECT_ROLES);

export const LimitsSchema = schemaOf<Limits>()(
  Type.Unsafe<Limits>(
    closed(
      Object.fromEntries(LIMITED.map((key) => [key, Type.Optional(nullable(Type.Integer({ minimum: 0 })))])),
      'The most that may be used; null: without a limit; absent: as the service has it.',
    ),
  ),
);
const RetentionSchema = schemaOf<Retention>()(
  Type.Unsafe<Retention>(
    closed(
      Object.fromEntries(
        RETAINED.map((key) => [key, Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 36_500 })))]),
      ),
      'After how many days, from the end of the run, what is deleted; null or absent: never.',
    ),
  ),
);

export const UsageSchema = schemaOf<Usage>()(
  Type.Object({
    object: Type.Literal('usage'),
    limits: Type.Unsafe<Usage['limits']>(
      Type.Object(
        Object.fromEntries(
          LIMITED.map((key) => [
            key,
            Type.Object({ used: Type.Integer(), limit: nullable(Type.Integer(), 'Null: without a limit.') }),
          ]),
        ),
      ),
    ),
  }),
);
export const RetentionPlanSchema = schemaOf<RetentionPlan>()(
  Type.Object({
    object: Type.Literal('retentionPlan'),
    rules: RetentionSchema,
    deletes: Type.Unsafe<RetentionPlan['deletes']>(
      Type.Object(
        Object.fromEntries(RETAINED.map((key) => [key, Type.Object({ runs: Type.Integer(), bytes: Type.Integer() })])),
      ),
    ),
  }),
);

export const ProjectSchema = schemaOf<Project>()(
  Type.Object({
    id: Type.String(),
    object: Type.Literal('project'),
    name,
    role: Type.Enum(PROJECT_ROLES, { description: 'Of the caller.' }),
    limits: LimitsSchema,
    retention: RetentionSchema,
    createdAt: Type.String(),
  }),
);
export const NewProjectSchema = schemaOf<NewProject>()(closed({ name }));
export const ProjectPatchSchema = schemaOf<ProjectPatch>()(
  closed({
    name: Type.Optional(name),
    limits: Type.Optional(LimitsSchema),
    retention: Type.Optional(RetentionSchema),
  }),
);

export const MemberSchema = schemaOf<Member>()(
  Type.Object({ object: Type.Literal('member'), person: PersonNameSchema, role, createdAt: Type.String() }),
);
export const NewMemberSchema = schemaOf<NewMember>()(
  closed({ person: Type.String({ minLength: 1, maxLength: 200, description: 'An id, or a name.' }), role }),
);
