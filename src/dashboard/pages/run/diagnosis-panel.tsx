import { CAUSE_LABELS, type Diagnosis, type Finding, type Run, type Severity } from '../../../vocabulary/index.ts';
import { Disclosure, EvidenceList } from '../../parts/evidence.tsx';
import { whole } from '../../parts/format.ts';
import { SEVERITY_LABELS } from '../../parts/labels.ts';
import { Shortened } from '../../parts/shortened.tsx';
import { isFinal } from '../../data/vocabulary.ts';
import { AdviceList } from './advice-list.tsx';
import { TrialsPanel } from './trials-panel.tsx';

/** Shown at first; a button shows the rest. */
const SHOWN = 4;
const RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

interface Props {
  run: Run;
  diagnosis: Diagnosis;
  /** Fetches the diagnosis again. */
  reload: () => void;
}

/** What is wrong on the left, what to do about it on the right. */
export function DiagnosisPanel({ run, diagnosis, reload }: Props) {
  const findings = [...diagnosis.findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  if (findings.length === 0) return null;
  return (
    <section class="panel diagnosis" aria-label="Diagnosis">
      <div class="panel-head">
        <h2>Diagnosis</h2>
        <span class="quiet num">as of step {whole(diagnosis.step)}</span>
      </div>
      <div class="panel-body diagnosis-body">
        <div>
          <h3>Findings</h3>
          <Shortened
            class="findings"
            noun="findings"
            most={SHOWN}
            items={findings.map((finding) => (
              <FindingLine key={`${finding.code} ${finding.layer}`} finding={finding} />
            ))}
          />
        </div>
        <div>
          <h3>What to change</h3>
          <AdviceList run={run} advice={diagnosis.advice} />
        </div>
      </div>
      {isFinal(run.status) && diagnosis.advice.some(({ code }) => code !== 'none') && (
        <TrialsPanel run={run} status={diagnosis.trials} onEnd={reload} />
      )}
    </section>
  );
}

const FindingLine = ({ finding: { severity, message, cause } }: { finding: Finding }) => (
  <li class={severity}>
    <div>
      <p>
        <b class="severity">{SEVERITY_LABELS[severity]}</b> {message}
      </p>
      {cause && (
        <>
          <p class="quiet">Cause: {CAUSE_LABELS[cause.code]}.</p>
          {Object.keys(cause.evidence).length > 0 && (
            <Disclosure summary="Evidence">
              <EvidenceList evidence={cause.evidence} />
            </Disclosure>
          )}
        </>
      )}
    </div>
  </li>
);
