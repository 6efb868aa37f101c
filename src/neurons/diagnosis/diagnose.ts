/** From the record of a run to findings with their causes, and to advice that can be submitted. Pure. */
import type { Diagnosis } from '../../vocabulary/index.ts';
import { advise } from './advice.ts';
import { openCase, type DiagnoseInput } from './case.ts';
import { findAll } from './findings.ts';

const RANK = { critical: 0, warning: 1, info: 2 } as const;

export function diagnose(input: DiagnoseInput): Diagnosis {
  const run = openCase(input);
  const findings = findAll(run);
  return {
    object: 'diagnosis',
    step: input.verdicts.at(-1)?.neurons.step ?? 0,
    findings: findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]),
    advice: advise(run, findings),
  };
}
