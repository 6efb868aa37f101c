import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import {
  adviceName,
  effectInWords,
  FIGURES,
  type Measured,
  type Run,
  type Trial,
  type TrialOutcome,
  type Trials,
  type TrialsStatus,
  type TriedAdvice,
} from '../../../vocabulary/index.ts';
import { poll } from '../../data/poll.ts';
import { mayIn } from '../../data/me.ts';
import { isRefusal } from '../../data/again.ts';
import { service } from '../../data/service.ts';
import { ChangeList } from '../../parts/change-list.tsx';
import { count, figure } from '../../parts/format.ts';
import { Meter } from '../../parts/meter.tsx';
import { toastFault } from '../../parts/toast.tsx';

const LOOK_EVERY_MS = 700;

interface Props {
  run: Run;
  /** Undefined if there were no trials. */
  status: TrialsStatus | undefined;
  /** The trials have ended: the advice has another order now. */
  onEnd: () => void;
}

/** Every suggested change and the unchanged job, over the same seeds: what helps is measured instead of supposed. */
export function TrialsPanel({ run, status, onEnd }: Props) {
  const trials = useSignal<Trials | null>(null);
  const isBusy = useSignal(false);
  const isRunning = (trials.value?.status ?? status) === 'running';

  useEffect(() => {
    if (status === undefined && trials.value === null) return;
    const closed = new AbortController();
    poll(async (signal) => {
      try {
        const now = await service.trials(run.id);
        if (signal.aborted) return 0;
        trials.value = now;
        if (now.status !== 'running') {
          closed.abort();
          if (isRunning) onEnd();
        }
      } catch (fault) {
        // A share link may show the run without its trials.
        if (isRefusal(fault)) closed.abort();
        // Otherwise the next look asks again; the page itself says when the service is away.
      }
      return LOOK_EVERY_MS;
    }, closed.signal);
    return () => closed.abort();
  }, [run.id, status, isRunning]);

  const order = async (ask: () => Promise<Trials>) => {
    isBusy.value = true;
    try {
      trials.value = await ask();
      if (trials.value.status !== 'running') onEnd();
    } catch (fault) {
      toastFault(fault);
    } finally {
      isBusy.value = false;
    }
  };
  const now = trials.value;
  const mayTry = mayIn(run.project, 'member');
  if (!now && !mayTry) return null;
  return (
    <div class="trials">
      <div class="trials-head">
        <div>
          <h3>Trials</h3>
          <p class="quiet">
            {now
              ? now.criterion
              : 'Trains every suggested change and the unchanged job over three seeds, behind all other runs.'}
          </p>
        </div>
        {!mayTry ? null : isRunning ? (
          <button
            type="button"
            class="button small"
            disabled={isBusy.value}
            onClick={() => void order(() => service.cancelTrials(run.id))}
          >
            Cancel the trials
          </button>
        ) : (
          <button
            type="button"
            class="button small"
            disabled={isBusy.value}
            onClick={() => void order(() => service.startTrials(run.id))}
          >
            {now ? 'Try again' : 'Try the remedies'}
          </button>
        )}
      </div>
      {now && isRunning && <TrialsProgress trials={now} />}
      {now && <TrialsTable trials={now} />}
    </div>
  );
}

const TrialsProgress = ({ trials: { progress } }: { trials: Trials }) => (
  <div class="trials-progress num" role="status">
    <Meter share={progress.total > 0 ? progress.ended / progress.total : 0} />
    <span>
      {progress.ended} of {count(progress.total, 'run')}
    </span>
  </div>
);

function TrialsTable({ trials }: { trials: Trials }) {
  return (
    <div class="table-scroll">
      <table class="tried">
        <caption class="sr">What the trials measured, best first</caption>
        <thead>
          <tr>
            <th scope="col">Change</th>
            <th scope="col">Fixed</th>
            <th scope="col">
              Median <span class="split">unchanged → changed</span>
            </th>
            <th scope="col">Seeds</th>
          </tr>
        </thead>
        <tbody>
          {trials.pieces.map((piece) => (
            <Tried key={JSON.stringify(piece.patch)} piece={piece} isOver={trials.status !== 'running'} />
          ))}
          <tr>
            <th scope="row">The unchanged job</th>
            <td>{fixedInWords(trials.untouched)}</td>
            <td />
            <td>{endsInWords(trials.untouched)}</td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Tried({ piece, isOver }: { piece: TriedAdvice; isOver: boolean }) {
  const { measured, trials } = piece;
  return (
    <tr>
      <th scope="row">
        {adviceName(piece)}
        <ChangeList change={piece.change} />
      </th>
      <td class="num">{measured ? `${measured.fixed} of ${measured.runs}` : fixedInWords(trials)}</td>
      <td class="num">
        {measured ? <Medians of={measured} /> : <span class="faint">{isOver ? 'not measured' : '–'}</span>}
      </td>
      <td>
        {measured && isOver && <b>{effectInWords(measured)}</b>}
        <span class="split">{endsInWords(trials)}</span>
      </td>
    </tr>
  );
}

function Medians({ of: { metric, before, after } }: { of: Measured }) {
  return (
    <>
      {figure(metric, before)}
      <span aria-hidden="true"> → </span>
      <span class="sr"> becomes </span>
      <b>{figure(metric, after)}</b>
      <span class="split">{FIGURES[metric].name}</span>
    </>
  );
}

const fixedInWords = (trials: readonly Trial[]): string => {
  const ended = trials.filter(({ outcome }) => outcome !== null && HAS_RUN[outcome]);
  return ended.length === 0 ? '–' : `${ended.filter(({ isFixed }) => isFixed).length} of ${ended.length}`;
};

const HAS_RUN: Record<TrialOutcome, boolean> = {
  measured: true,
  diverged: true,
  stopped: true,
  failed: true,
  skipped: false,
  cancelled: false,
};
const OUTCOME_WORDS: Record<TrialOutcome, string> = {
  measured: 'trained to the end',
  diverged: 'diverged',
  stopped: 'stopped early as hopeless',
  skipped: 'not needed any more',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** `2 trained to the end, 1 diverged`. */
function endsInWords(trials: readonly Trial[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of trials) {
    const words = outcome === null ? 'to come' : OUTCOME_WORDS[outcome];
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].map(([words, times]) => `${times} ${words}`).join(', ');
}
