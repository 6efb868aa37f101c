/** What is wrong with a run and what to do; and the risk of a job before it trains. */
import { Type } from 'typebox';
import {
  ADVICE_CODES,
  CAUSE_CODES,
  FINDING_CODES,
  SEVERITIES,
  TRIALS_STATUSES,
  TRIAL_METRICS,
  type Advice,
  type Cause,
  type Diagnosis,
  type Finding,
  type Measured,
  type Risk,
} from '../vocabulary/index.ts';
import { nullable, schemaOf } from './build.ts';
import { ChangeSchema } from './changes.ts';

const evidence = Type.Record(Type.String(), Type.Unknown(), { description: 'The figures that support it.' });

const cause = schemaOf<Cause>()(
  Type.Object({
    code: Type.Enum([...CAUSE_CODES]),
    confidence: Type.Number({
      description: 'From 0 to 1: how well the evidence supports this cause. It ranks causes; it is not a probability.',
    }),
    evidence,
  }),
);

const finding = schemaOf<Finding>()(
  Type.Object({
    code: Type.Enum([...FINDING_CODES]),
    severity: Type.Enum([...SEVERITIES]),
    layer: nullable(Type.String(), 'Null for the network as a whole.'),
    since: nullable(Type.Integer(), 'The step since which this is true, if known.'),
    message: Type.String(),
    cause: nullable(cause, 'The most likely cause.'),
  }),
);

const WORST = 'A run that diverged or was stopped early counts as the worst; null where that is the median.';
const measured = schemaOf<Measured>()(
  Type.Object(
    {
      runs: Type.Integer({ description: 'Pairs of runs, with and without it, over the same seeds.' }),
      fixed: Type.Integer({
        description:
          'Runs with it that succeeded, and whose own diagnosis has no critical finding and no warning about learning.',
      }),
      metric: Type.Enum([...TRIAL_METRICS], { description: 'What before, after and effect are of.' }),
      before: nullable(Type.Number(), `Median over the seeds without it. ${WORST}`),
      after: nullable(Type.Number(), `Median over the seeds with it. ${WORST}`),
      effect: nullable(Type.Number(), '`after` - `before`.'),
      interval: nullable(
        Type.Unsafe<[low: number, high: number]>({
          type: 'array',
          items: { type: 'number' },
          minItems: 2,
          maxItems: 2,
        }),
        'The smallest and the largest difference of a pair; null for a single seed, and where one is not finite. Not a confidence interval.',
      ),
      agrees: Type.Boolean({ description: 'There are at least two seeds, and all changed in the same direction.' }),
    },
    { description: 'What trials measured.' },
  ),
);

export const advice = {
  code: Type.Enum([...ADVICE_CODES]),
  addresses: Type.Array(Type.Enum([...CAUSE_CODES]), { description: 'The causes that it treats.' }),
  reason: Type.String(),
  evidence,
  limits: Type.String({ description: 'When it does not help, and what it costs.' }),
  patch: Type.Record(Type.String(), Type.Unknown(), {
    description: "A JSON merge patch (RFC 7396) on the run's spec, ready to submit.",
  }),
  change: Type.Array(ChangeSchema, { description: 'What the patch changes.' }),
  combines: Type.Optional(
    Type.Array(Type.Enum([...ADVICE_CODES]), {
      description: 'Two pieces in one patch, which trials tried together; `code` is the first of them.',
    }),
  ),
  measured: Type.Optional(measured),
};
const AdviceSchema = schemaOf<Advice>()(Type.Object(advice));

export const DiagnosisAnswerSchema = schemaOf<Diagnosis>()(
  Type.Object(
    {
      object: Type.Literal('diagnosis'),
      step: Type.Integer({ description: 'The step of the newest verdict.' }),
      findings: Type.Array(finding),
      advice: Type.Array(AdviceSchema, {
        description: 'Best first. After trials in the order that they measured, with `measured` in each piece.',
      }),
      trials: Type.Optional(Type.Enum([...TRIALS_STATUSES], { description: 'Absent if there were no trials.' })),
    },
    { description: 'Findings with their likely causes, and advice with a merge patch on the spec.' },
  ),
);

const probability = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

export const RiskSchema = schemaOf<Risk>()(
  Type.Object(
    {
      bornDead: Type.Object({
        probability: probability('The probability that some hidden layer has the same output for every sample.'),
        interval: Type.Unsafe<[low: number, high: number]>({
          type: 'array',
          items: { type: 'number' },
          minItems: 2,
          maxItems: 2,
          description: '95 % interval of the simulation: [low, high].',
        }),
      }),
      layers: Type.Array(
        Type.Object({
          name: Type.String(),
          units: Type.Integer(),
          expectedDead: Type.Number({ description: 'Mean number of dead neurons over the draws.' }),
        }),
      ),
      draws: Type.Integer({ description: 'How many sets of initial weights were drawn.' }),
      samples: Type.Integer({ description: 'How many inputs each set was tried on.' }),
      published: nullable(
        Type.Object({ lower: nullable(Type.Number()), upper: Type.Number(), source: Type.String() }),
        'Published bounds of the probability, if their assumptions hold.',
      ),
    },
    { description: 'How likely neurons are to be dead before training: a Monte Carlo estimate over initial weights.' },
  ),
);
