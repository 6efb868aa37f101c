import { Type } from 'typebox';
import { AUDIT_ACTIONS, AUDIT_VIAS, type AuditEntry } from '../vocabulary/index.ts';
import { nullable, schemaOf } from './build.ts';

const state = (description: string) => nullable(Type.Record(Type.String(), Type.Unknown()), description);

export const AuditEntrySchema = schemaOf<AuditEntry>()(
  Type.Object({
    id: Type.String(),
    object: Type.Literal('auditEntry'),
    at: Type.String(),
    person: nullable(
      Type.Object({ id: Type.String(), name: Type.String() }),
      'With the name that the person had then; null if nobody was signed in.',
    ),
    via: Type.Enum(AUDIT_VIAS, {
      description:
        'How whoever did it was known. `open`: nobody was registered. `command`: on the command line of the server.',
    }),
    keyId: nullable(Type.String(), 'The key that was used.'),
    address: nullable(Type.String(), 'The IP address of the request.'),
    action: Type.Enum(AUDIT_ACTIONS),
    project: nullable(Type.String(), 'The id of the project; null for what belongs to none.'),
    objectType: Type.String({ description: 'The part of the action before the dot.' }),
    objectId: Type.String(),
    before: state('The fields that the action changed or removed.'),
    after: state('The fields that the action changed or made.'),
  }),
);
