/** Trains one job to its end, in this process and with the service's own loop, and diagnoses it. */
import { loadDataset } from '../../src/datasets/load.ts';
import { openNetwork } from '../../src/engine/open-network.ts';
import { readJob } from '../../src/jobs/index.ts';
import { diagnose, isEvidence } from '../../src/neurons/index.ts';
import type { ThreadReport } from '../../src/schemas/index.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { trainRun } from '../../src/training/train-run.ts';
import type { Diagnosis, Failure, JobSpec, Summary } from '../../src/vocabulary/index.ts';
import type { Success } from './case.ts';
import { scoreOf } from './score.ts';

export interface Replay {
  spec: JobSpec;
  diagnosis: Diagnosis;
  /** Of the last weights on the training part. Null where the run failed. */
  score: number | null;
  summary: Summary;
  error: Failure | null;
  metrics: Extract<ThreadReport, { type: 'metrics' }>[];
  seconds: number;
}

/** Throws where the job is not valid. */
export async function replay(job: unknown, metric: Success['metric']): Promise<Replay> {
  const resolved = readJob(job);
  if ('details' in resolved) throw new InvalidJob(JSON.stringify(resolved.details));
  const { spec, steps } = resolved;
  const startedAt = performance.now();
  const reports: ThreadReport[] = [];
  let score: number | null = null;
  await trainRun(
    {
      type: 'start',
      runId: 'run_1',
      attempt: 1,
      spec: { ...spec, telemetry: { ...spec.telemetry, snapshotsPerSecond: 0 } },
      dataset: null,
      checkpoint: null,
      reported: { metrics: -1, epochMetrics: -1, verdict: -1, snapshot: -1 },
      neurons: null,
    },
    {
      mailbox: new Mailbox(),
      report: (report) => reports.push(report),
      openNetwork: async ({ engine, model, training }, data, state) => {
        const network = await openNetwork(engine, model, training, data, { state });
        const close = network.close.bind(network);
        network.close = async () => {
          if (reports.some((report) => report.type === 'checkpoint' && report.isFinal))
            score = await scoreOf(network, loadDataset(spec.dataset, null), metric);
          await close();
        };
        return network;
      },
    },
  );
  const finished = reports.at(-1);
  if (finished?.type !== 'finished') throw new Error('The last report is not the end.');
  const error = finished.outcome === 'failed' ? finished.error : null;
  // As the route of the diagnosis reads them: stored as JSON.
  const verdicts = reports.flatMap((report) => {
    if (report.type !== 'verdict') return [];
    const { neurons, evidence } = JSON.parse(JSON.stringify(report)) as typeof report;
    return { neurons, evidence: isEvidence(evidence) ? evidence : null };
  });
  return {
    spec,
    diagnosis: diagnose({
      spec,
      verdicts,
      error,
      plannedSteps: steps,
      curves: curvesOf(reports),
      summary: finished.summary,
    }),
    score,
    summary: finished.summary,
    error,
    metrics: reports.filter((report) => report.type === 'metrics'),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** As the store keeps them: one series per metric. */
function curvesOf(reports: readonly ThreadReport[]): Record<string, { steps: number[]; values: (number | null)[] }> {
  const curves: Record<string, { steps: number[]; values: (number | null)[] }> = {};
  for (const report of reports) {
    if (report.type !== 'metrics') continue;
    for (const [key, values] of Object.entries(report.values)) {
      const curve = (curves[key] ??= { steps: [], values: [] });
      curve.steps.push(...report.steps);
      curve.values.push(...values);
    }
  }
  return curves;
}

export class InvalidJob extends Error {}
