import { useSignal } from '@preact/signals';
import {
  adviceName,
  CAUSE_LABELS,
  effectInWords,
  FIGURES,
  type Advice,
  type Measured,
  type Run,
} from '../../../vocabulary/index.ts';
import { namedPatch, runAdvice } from '../../data/actions.ts';
import { mayIn } from '../../data/me.ts';
import { ChangeList } from '../../parts/change-list.tsx';
import { Disclosure, EvidenceList } from '../../parts/evidence.tsx';
import { figure } from '../../parts/format.ts';
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
      {first.measured?.fixed === 0 && <p class="piece">The trials found no change that fixes this run.</p>}
      <div class="piece first">
        <Piece run={run} piece={first} isFirst />
      </div>
      {others.length > 0 && (
        <>
          <h4>{first.measured ? 'The others' : 'If that does not help'}</h4>
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
  return (
    <>
      <p class="piece-head">
        <b>{adviceName(piece)}</b>
        {piece.addresses.length > 0 && (
          <span class="faint"> against {piece.addresses.map((code) => CAUSE_LABELS[code]).join(', ')}</span>
        )}
      </p>
      <ChangeList change={piece.change} />
      {piece.measured && <p class="num">{measuredInWords(piece.measured)}</p>}
      {isFirst && <p class="quiet">{piece.reason}</p>}
      {mayIn(run.project, 'member') && <AdviceButtons run={run} piece={piece} isFirst={isFirst} />}
      <Disclosure summary={isFirst ? 'Evidence and limits' : 'Reason, evidence and limits'}>
        {!isFirst && <p>{piece.reason}</p>}
        <p>{piece.limits}</p>
        <EvidenceList evidence={piece.evidence} />
      </Disclosure>
    </>
  );
}

/** `Trials: fixed 3 of 3, validation loss 0.42 → 0.03, better with every seed`. */
function measuredInWords(measured: Measured): string {
  const { fixed, runs, metric, before, after } = measured;
  const figures = `${FIGURES[metric].name} ${figure(metric, before)} → ${figure(metric, after)}`;
  return `Trials: fixed ${fixed} of ${runs}, ${figures}, ${effectInWords(measured)}`;
}

/** Runs the changed job, or opens it in the form. */
function AdviceButtons({ run, piece, isFirst }: { run: Run; piece: Advice; isFirst: boolean }) {
  const label = adviceName(piece);
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
  );
}
