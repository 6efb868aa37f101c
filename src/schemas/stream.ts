/** The stored events of a run. */
import { Type } from 'typebox';
import { EVENT_CODES, SEVERITIES, type EventMessage, type RunEvent } from '../vocabulary/index.ts';
import { schemaOf } from './build.ts';

const event = schemaOf<RunEvent>()(
  Type.Object({
    code: Type.Enum([...EVENT_CODES]),
    level: Type.Enum([...SEVERITIES]),
    message: Type.String(),
    layer: Type.Optional(Type.String()),
    neuron: Type.Optional(Type.Integer()),
    data: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'The numbers of the event.' })),
  }),
);

export const EventSchema = schemaOf<EventMessage>()(
  Type.Object({
    seq: Type.Integer({ description: 'Number of the message in the log of the run.' }),
    type: Type.Literal('event'),
    step: Type.Integer(),
    at: Type.String({ description: 'ISO 8601, UTC.' }),
    event,
    droppedSnapshots: Type.Optional(
      Type.Integer({ description: 'In the stream: snapshots that a slow reader missed before this message.' }),
    ),
  }),
);
