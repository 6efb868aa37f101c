/** Trials of the advice for a run. */
import { Type } from 'typebox';
import {
  ADVICE_CODES,
  TRIAL_OUTCOMES,
  TRIALS_STATUSES,
  type Trial,
  type Trials,
  type TrialsJob,
  type TriedAdvice,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';
import { advice } from './diagnosis.ts';

const MOST_SEEDS = 10;

export const TrialsJobSchema = schemaOf<TrialsJob>()(
  closed({
    advice: Type.Optional(
      Type.Union([Type.Literal('all'), Type.Array(Type.Enum([...ADVICE_CODES]), { minItems: 1, maxItems: 100 })], {
        default: 'all',
        description: 'Codes of the pieces of advice to try, out of those that the diagnosis gives.',
      }),
    ),
    seeds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MOST_SEEDS,
        default: 3,
        description: 'How many values of training.seed: that of the run, and the next ones.',
      }),
    ),
  }),
);

const trial = schemaOf<Trial>()(
  Type.Object({
    runId: nullable(Type.String(), 'Null if no run was started.'),
    seed: Type.Integer({ description: 'training.seed.' }),
    outcome: nullable(
      Type.Enum([...TRIAL_OUTCOMES]),
      'Null until it has ended. `stopped`: far behind the untouched job at the same step. `skipped`: not started, because the piece had no prospects after the first seed. All but `measured` count as not fixed.',
    ),
    isFixed: Type.Boolean(),
    score: nullable(
      Type.Number(),
      'Higher is better. Accuracy, or macro F1 where one class has more than 0.7 of the samples; R² for regression. Of the validation part if there is one, else of the training part.',
    ),
  }),
);

const tried = schemaOf<TriedAdvice>()(
  Type.Object({ ...advice, trials: Type.Array(trial, { description: 'In the order of the seeds.' }) }),
);

export const TrialsSchema = schemaOf<Trials>()(
  Type.Object({
    object: Type.Literal('trials'),
    runId: Type.String(),
    status: Type.Enum([...TRIALS_STATUSES]),
    criterion: Type.String({ description: 'What counts as fixed.' }),
    seeds: Type.Array(Type.Integer()),
    progress: Type.Object({ ended: Type.Integer(), total: Type.Integer() }),
    runs: Type.Array(Type.String(), { description: 'Every run that was started so far.' }),
    untouched: Type.Array(trial, { description: 'The untouched job, in the order of the seeds.' }),
    pieces: Type.Array(tried, {
      description:
        'Best first: by the share of seeds that it fixed, then by the median score to two decimals, then by the number of changes.',
    }),
    createdAt: Type.String(),
    finishedAt: nullable(Type.String()),
  }),
);
