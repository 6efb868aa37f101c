/** Turns the record of a run into findings with causes, and into advice that can be submitted as a job. Pure. */
import type { Diagnosis } from '../../vocabulary/index.ts';
import { advise } from './advice.ts';
import { openRunRecord, type DiagnoseInput } from './run-record.ts';
import { findAll } from './findings.ts';

const RANK = { critical: 0, warning: 1, info: 2 } as const;

export function diagnose(input: DiagnoseInput): Diagnosis {
  const run = openRunRecord(input);
  const findings = findAll(run);
  return {
    object: 'diagnosis',
    step: input.verdicts.at(-1)?.neurons.step ?? 0,
    findings: findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]),
    advice: advise(run, findings),
  };
}
