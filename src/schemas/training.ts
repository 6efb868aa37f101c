/** How a job trains, and what it reports while it does. */
import { Type } from 'typebox';
import {
  DEFAULT_OPTIMIZER,
  DEFAULT_SCHEDULE,
  LOSSES,
  OPTIMIZER_OPTIONS,
  SCHEDULE_OPTIONS,
  STOPPING_OPTIONS,
  TELEMETRY_OPTIONS,
  TRAINING_OPTIONS,
  type TelemetryJob,
  type TelemetrySpec,
  type TrainingJob,
  type TrainingSpec,
} from '../vocabulary/index.ts';
import { closed, filled, filledChoice, given, givenChoice, nullable, partial, schemaOf } from './build.ts';

export const TrainingSchema = schemaOf<TrainingJob>()(
  closed({
    ...partial(TRAINING_OPTIONS),
    optimizer: Type.Optional({
      ...givenChoice(OPTIMIZER_OPTIONS, 'Definitions and defaults as in torch.optim.'),
      default: DEFAULT_OPTIMIZER,
    }),
    schedule: Type.Optional({ ...givenChoice(SCHEDULE_OPTIONS, 'Of the learning rate.'), default: DEFAULT_SCHEDULE }),
    stopping: Type.Optional({
      ...nullable(closed(given(STOPPING_OPTIONS)), 'Ends training early; null trains every epoch.'),
      default: null,
    }),
  }),
);
export const TrainingSpecSchema = schemaOf<TrainingSpec>()(
  Type.Object({
    ...filled(TRAINING_OPTIONS),
    loss: Type.Enum([...LOSSES], { description: 'Mean over the batch, and over the outputs except for softmax.' }),
    optimizer: filledChoice(OPTIMIZER_OPTIONS, 'With its options filled in.'),
    schedule: filledChoice(SCHEDULE_OPTIONS, 'Of the learning rate, with its options filled in.'),
    stopping: nullable(Type.Object(filled(STOPPING_OPTIONS)), 'Ends training early; null trains every epoch.'),
  }),
);

export const TelemetrySchema = schemaOf<TelemetryJob>()(closed(partial(TELEMETRY_OPTIONS)));
export const TelemetrySpecSchema = schemaOf<TelemetrySpec>()(Type.Object(filled(TELEMETRY_OPTIONS)));
