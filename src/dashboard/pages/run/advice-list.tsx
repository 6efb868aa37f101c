import { useSignal } from '@preact/signals';
import { ADVICE_LABELS, CAUSE_LABELS, type Advice, type Run } from '../../../vocabulary/index.ts';
import { namedPatch, runAdvice } from '../../data/actions.ts';
import { ChangeList } from '../../parts/change-list.tsx';
import { Disclosure, EvidenceList } from '../../parts/evidence.tsx';
import { Shortened } from '../../parts/shortened.tsx';
import { toastFault } from '../../parts/toast.tsx';
import { navigate, patchedJobPath } from '../../router.ts';

/** Beside the first piece, so many are shown at first. */
const OTHERS_SHOWN = 3;

/** The first piece is the one to take; the others follow in the order of the service. */
export function AdviceList({ run, advice }: { run: Run; advice: readonly Advice[] }) {
  const [first, ...others] = advice.filter(({ code }) => code !== 'none');
  if (!first) return <NoAdvice piece={advice[0]} />;
  return (
    <>
      <div class="piece first">
        <Piece run={run} piece={first} isFirst />
      </div>
      {others.length > 0 && (
        <>
          <h4>If that does not help</h4>
          <Shortened
            class="pieces"
            noun="other changes"
            most={OTHERS_SHOWN}
            items={others.map((piece, i) => (
              <li key={`${piece.code} ${i}`} class="piece">
                <Piece run={run} piece={piece} isFirst={false} />
              </li>
            ))}
          />
        </>
      )}
    </>
  );
}

const NoAdvice = ({ piece }: { piece: Advice | undefined }) => (
  <div class="piece">
    <p>{piece?.reason ?? 'The service suggests no change.'}</p>
    {piece && (
      <Disclosure summary="Evidence and limits">
        <p>{piece.limits}</p>
        <EvidenceList evidence={piece.evidence} />
      </Disclosure>
    )}
  </div>
);

/** Only the first piece explains itself at once. */
function Piece({ run, piece, isFirst }: { run: Run; piece: Advice; isFirst: boolean }) {
  const label = ADVICE_LABELS[piece.code];
  const isBusy = useSignal(false);
  const submit = async () => {
    isBusy.value = true;
    try {
      navigate(`/runs/${(await runAdvice(run, piece)).id}`);
    } catch (fault) {
      toastFault(fault);
      isBusy.value = false;
    }
  };
  return (
    <>
      <p class="piece-head">
        <b>{label}</b>
        {piece.addresses.length > 0 && (
          <span class="faint"> against {piece.addresses.map((code) => CAUSE_LABELS[code]).join(', ')}</span>
        )}
      </p>
      <ChangeList change={piece.change} />
      {isFirst && <p class="quiet">{piece.reason}</p>}
      <div class="row">
        <button
          type="button"
          class={`button small ${isFirst ? 'primary' : ''}`}
          disabled={isBusy.value}
          aria-label={`Run it: ${label}`}
          onClick={() => void submit()}
        >
          Run it
        </button>
        <a
          class="button small"
          href={patchedJobPath(run.id, namedPatch(run, piece))}
          aria-label={`Open in form: ${label}`}
        >
          Open in form
        </a>
      </div>
      <Disclosure summary={isFirst ? 'Evidence and limits' : 'Reason, evidence and limits'}>
        {!isFirst && <p>{piece.reason}</p>}
        <p>{piece.limits}</p>
        <EvidenceList evidence={piece.evidence} />
      </Disclosure>
    </>
  );
}
