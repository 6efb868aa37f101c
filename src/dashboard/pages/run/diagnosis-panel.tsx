import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import {
  ADVICE_LABELS,
  CAUSE_LABELS,
  mergePatch,
  type Advice,
  type Diagnosis,
  type Finding,
  type JobSpec,
  type Run,
} from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { whole } from '../../parts/format.ts';
import { shorten } from '../../parts/short.ts';
import { toastFault } from '../../parts/toast.tsx';
import { navigate } from '../../router.ts';

/** Shown at first; a button shows the rest. */
const SHOWN = 4;
const RANK: Record<Finding['severity'], number> = { critical: 0, warning: 1, info: 2 };
const NAME_MOST = 200;

/** What is wrong on the left, what to do about it on the right. */
export function DiagnosisPanel({ run, diagnosis }: { run: Run; diagnosis: Diagnosis }) {
  const findings = [...diagnosis.findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const remedies = diagnosis.advice.filter((entry) => entry.code !== 'none');
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
            kind="findings"
            items={findings.map((finding) => (
              <FindingLine key={`${finding.code} ${finding.layer}`} finding={finding} />
            ))}
          />
          {findings.some(({ cause }) => cause && cause.confidence > 0) && (
            <p class="faint hint">
              Evidence score: the share of a layer’s inactive neurons that the evidence covers, times how clearly it
              points to this cause. It ranks causes and is not a probability.
            </p>
          )}
        </div>
        <div>
          <h3>Suggested changes</h3>
          {remedies.length === 0 ? (
            <p class="faint">{diagnosis.advice[0]?.reason ?? 'No change is needed.'}</p>
          ) : (
            <Shortened
              kind="changes"
              items={remedies.map((advice, i) => (
                <Remedy key={advice.code} run={run} advice={advice} isFirst={i === 0} />
              ))}
            />
          )}
        </div>
      </div>
    </section>
  );
}

function Shortened({ kind, items }: { kind: 'findings' | 'changes'; items: ComponentChildren[] }) {
  const isWhole = useSignal(false);
  return (
    <>
      <ul class={kind === 'changes' ? 'remedies' : kind}>{isWhole.value ? items : items.slice(0, SHOWN)}</ul>
      {items.length > SHOWN && (
        <button
          type="button"
          class="button plain small more"
          aria-expanded={isWhole.value}
          onClick={() => {
            isWhole.value = !isWhole.value;
          }}
        >
          {isWhole.value ? 'Show fewer' : `Show all ${items.length} ${kind}`}
        </button>
      )}
    </>
  );
}

const FindingLine = ({ finding: { severity, message, cause } }: { finding: Finding }) => (
  <li class={severity}>
    <span>
      <span class="sr">{severity}: </span>
      {message}
      {cause && (
        <span class="quiet">
          {' '}
          {cause.confidence === 0
            ? `Cause: ${CAUSE_LABELS[cause.code]}.`
            : `Likely cause: ${CAUSE_LABELS[cause.code]} (evidence score ${cause.confidence.toFixed(2)} of 1).`}
        </span>
      )}
    </span>
  </li>
);

function Remedy({ run, advice, isFirst }: { run: Run; advice: Advice; isFirst: boolean }) {
  const isBusy = useSignal(false);
  const tryIt = async () => {
    isBusy.value = true;
    try {
      const patched = mergePatch(run.spec, advice.patch) as JobSpec;
      const created = await service.submit({
        ...patched,
        name: shorten(`${run.name || run.id} + ${ADVICE_LABELS[advice.code].toLowerCase()}`, NAME_MOST),
      });
      navigate(`/compare?runs=${run.id},${created.id}`);
    } catch (fault) {
      toastFault(fault);
      isBusy.value = false;
    }
  };
  return (
    <li>
      <div>
        <b>{ADVICE_LABELS[advice.code]}</b>
        <p title={advice.limits}>{advice.reason}</p>
      </div>
      <button
        type="button"
        class={`button small ${isFirst ? 'primary' : ''}`}
        disabled={isBusy.value}
        aria-label={`Run with this change: ${ADVICE_LABELS[advice.code]}`}
        onClick={() => void tryIt()}
      >
        Run with this change
      </button>
    </li>
  );
}
