/** What a trial that has ended came to: whether the job is fixed, and a score. */
import { taskOf, type Diagnosis, type FindingCode, type JobSpec, type Run } from '../vocabulary/index.ts';
import type { TrialResult } from '../store/store.ts';
import type { Examination } from './examine.ts';

const ABOUT_LEARNING: readonly FindingCode[] = ['notLearning', 'learningStalled', 'gotWorse', 'slowLearning'];

export const CRITERION = `A run is fixed if it succeeded and its own diagnosis has no critical finding, and none about learning (${ABOUT_LEARNING.join(', ')}) of severity warning or more.`;

/** Above this share of the commonest class, accuracy says little, and macro F1 takes its place. */
const IMBALANCED = 0.7;

const isRegression = ({ training }: JobSpec): boolean => taskOf(training.loss) === 'regression';

export function judgeTrial(run: Run, { diagnosis, data }: Examination): TrialResult {
  const nothing = { runId: run.id, isFixed: false, score: null, figures: {} };
  switch (run.status) {
    case 'succeeded': {
      const score = scoreOf(run, data);
      return { runId: run.id, outcome: 'measured', isFixed: isFixed(diagnosis), score, figures: figuresOf(run, score) };
    }
    case 'failed':
      return { ...nothing, outcome: run.error?.code === 'DIVERGED' ? 'diverged' : 'failed' };
    case 'queued':
    case 'running':
    case 'paused':
    case 'cancelled':
      return { ...nothing, outcome: 'cancelled' };
  }
}

const isFixed = ({ findings }: Diagnosis): boolean =>
  !findings.some(
    ({ code, severity }) => severity === 'critical' || (severity === 'warning' && ABOUT_LEARNING.includes(code)),
  );

function scoreOf({ spec, summary }: Run, data: Examination['data']): number | null {
  const { valLoss, epochLoss, loss, valAccuracy, epochAccuracy, accuracy, macroF1, r2 } = summary;
  if (isRegression(spec)) {
    const lost = valLoss ?? epochLoss ?? loss;
    const baseline = data?.baselineLoss;
    return r2 ?? (lost && baseline ? 1 - lost / baseline : null);
  }
  const isImbalanced = (data?.classShares?.[1] ?? 0) > IMBALANCED;
  return (isImbalanced ? macroF1 : null) ?? valAccuracy ?? epochAccuracy ?? accuracy ?? null;
}

/** What pieces of advice are measured by. */
function figuresOf({ spec, summary }: Run, score: number | null): TrialResult['figures'] {
  const { valLoss, epochLoss, loss, valAccuracy, epochAccuracy, accuracy, macroF1 } = summary;
  const shared = { valLoss, epochLoss, loss };
  return isRegression(spec) ? { ...shared, r2: score } : { ...shared, valAccuracy, epochAccuracy, accuracy, macroF1 };
}
