import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Advice, Diagnosis, Finding, JobSpec, Run } from '../../../schemas/index.ts';
import { mergePatch } from '../../../jobs/merge-patch.ts';
import { service } from '../../data/service.ts';
import { percent, whole } from '../../parts/format.ts';
import { toastFault } from '../../parts/toast.tsx';
import { navigate } from '../../router.ts';

/** Seen at first; the rest is one press away. */
const SHOWN = 4;
const RANK = { critical: 0, warning: 1, info: 2 } as const;

/** camelCase as words. */
const words = (code: string) => code.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

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
        </div>
        <div>
          <h3>What can be tried</h3>
          {remedies.length === 0 ? (
            <p class="faint">{diagnosis.advice[0]?.reason ?? 'Nothing calls for a change.'}</p>
          ) : (
            <Shortened
              kind="remedies"
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

function Shortened({ kind, items }: { kind: 'findings' | 'remedies'; items: ComponentChildren[] }) {
  const isWhole = useSignal(false);
  return (
    <>
      <ul class={kind}>{isWhole.value ? items : items.slice(0, SHOWN)}</ul>
      {items.length > SHOWN && (
        <button
          type="button"
          class="button plain small more"
          aria-expanded={isWhole.value}
          onClick={() => {
            isWhole.value = !isWhole.value;
          }}
        >
          {isWhole.value ? 'Fewer' : `All ${items.length} ${kind}`}
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
          Likely cause: {words(cause.code)} ({percent(cause.confidence, 0)} sure).
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
        name: `${run.name || run.id} + ${words(advice.code)}`.slice(0, 200),
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
        <b>{words(advice.code)}</b>
        <p title={advice.limits}>{advice.reason}</p>
      </div>
      <button
        type="button"
        class={`button small ${isFirst ? 'primary' : ''}`}
        disabled={isBusy.value}
        aria-label={`Run this remedy: ${words(advice.code)}`}
        onClick={() => void tryIt()}
      >
        Run this remedy
      </button>
    </li>
  );
}
