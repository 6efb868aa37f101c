import type { FilledChoice, GivenChoice, Options } from './options.ts';

const warmupSteps = {
  type: 'integer',
  minimum: 0,
  default: 0,
  description: 'The rate rises linearly from 0 over this many steps.',
} as const;
const share = { type: 'number', minimum: 0, maximum: 1 } as const;
const minimumFactor = {
  ...share,
  default: 0,
  description: 'Share of the rate that is left at the last step.',
} as const;

export const SCHEDULE_OPTIONS = {
  constant: { warmupSteps },
  step: {
    warmupSteps,
    stepSize: { type: 'integer', minimum: 1, description: 'Steps between two reductions.' },
    gamma: { ...share, default: 0.1, description: 'Factor of each reduction.' },
  },
  exponential: { warmupSteps, gamma: { ...share, default: 0.95, description: 'Factor per epoch.' } },
  cosine: { warmupSteps, minimumFactor },
  linear: { warmupSteps, minimumFactor },
  reduceOnPlateau: {
    warmupSteps,
    factor: { ...share, default: 0.1, description: 'Factor of each reduction.' },
    patience: {
      type: 'integer',
      minimum: 0,
      default: 10,
      description: 'Epochs without improvement before a reduction.',
    },
    minDelta: {
      type: 'number',
      minimum: 0,
      default: 1e-4,
      description:
        'Smallest improvement that counts, of the validation loss, or of the training loss without validation.',
    },
    cooldown: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Epochs after a reduction that do not count towards the next one.',
    },
    minLearningRate: { type: 'number', minimum: 0, default: 0 },
  },
} as const satisfies Record<string, Options>;

export type ScheduleName = keyof typeof SCHEDULE_OPTIONS;
export const DEFAULT_SCHEDULE = 'constant' satisfies ScheduleName;

export type ScheduleChoice = GivenChoice<typeof SCHEDULE_OPTIONS>;
/** A schedule with its options filled in. */
export type ScheduleSpec<Name extends ScheduleName = ScheduleName> = FilledChoice<typeof SCHEDULE_OPTIONS, Name>;
