import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Job } from '../../../schemas/index.ts';
import { RelumineApiError, service } from '../../data/service.ts';
import { toastFault } from '../../parts/toast.tsx';
import { address, navigate } from '../../router.ts';
import { draft } from './draft.ts';
import { JobForm } from './job-form.tsx';
import { JobJson } from './job-json.tsx';
import { combine, PRESETS, REMEDIES, type Preset, type Remedy } from './presets.ts';
import { RiskNote } from './risk-note.tsx';
import { followDraft, refused, verdict } from './validation.ts';

export function NewRunPage() {
  const preset = useSignal<Preset | null>(null);
  const remedy = useSignal<Remedy>(REMEDIES[0]!);
  const isBusy = useSignal(false);
  const start = (nextPreset: Preset, nextRemedy: Remedy) => {
    preset.value = nextPreset;
    remedy.value = nextRemedy;
    draft.value = combine(nextPreset, nextRemedy);
  };

  useEffect(() => {
    document.title = 'New run · Relumine';
    const from = address.value.query.get('from');
    if (from)
      void service.get(from).then((run) => {
        draft.value = run.spec;
      }, toastFault);
    else start(PRESETS[0]!, REMEDIES[0]!);
    return followDraft();
  }, []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    isBusy.value = true;
    try {
      navigate(`/runs/${(await service.submit(draft.value as unknown as Job)).id}`);
    } catch (fault) {
      if (fault instanceof RelumineApiError && fault.status === 400) verdict.value = refused(fault);
      toastFault(fault);
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <form class="page" onSubmit={(event) => void submit(event)} noValidate>
      <div class="page-head">
        <div>
          <h1>New run</h1>
        </div>
        <button class="button primary" disabled={isBusy.value || verdict.value.state === 'invalid'}>
          Start training
        </button>
      </div>
      <div class="presets" role="radiogroup" aria-label="Start from">
        {PRESETS.map((one) => (
          <button
            key={one.id}
            type="button"
            role="radio"
            aria-checked={preset.value === one}
            class="preset"
            onClick={() => start(one, remedy.value)}
          >
            <PresetDrawing layers={one.job.model.layers.map((layer) => layer.units ?? 0)} />
            <b>{one.title}</b>
            <span>{one.text}</span>
          </button>
        ))}
      </div>
      <div class="remedy-row" role="radiogroup" aria-label="Remedy">
        {REMEDIES.map((one) => (
          <button
            key={one.id}
            type="button"
            role="radio"
            aria-checked={preset.value !== null && remedy.value === one}
            class="chip"
            onClick={() => start(preset.value ?? PRESETS[0]!, one)}
          >
            {one.title}
          </button>
        ))}
      </div>
      <div class="new-run">
        <div class="form">
          <JobForm />
        </div>
        <aside class="beside">
          <RiskNote />
          <JobJson />
        </aside>
      </div>
    </form>
  );
}

const MOST_DOTS = 6;

/** The network's outline: a column of lamps for every layer. */
function PresetDrawing({ layers }: { layers: number[] }) {
  const lamp = 7,
    gap = 3,
    width = layers.length * (lamp + gap),
    height = MOST_DOTS * (lamp + gap);
  return (
    <svg class="outline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {layers.map((units, x) => {
        const shown = Math.max(2, Math.min(MOST_DOTS, Math.round(units / 8) || units));
        const top = ((MOST_DOTS - shown) * (lamp + gap)) / 2;
        return Array.from({ length: shown }, (_, y) => (
          <rect
            key={`${x} ${y}`}
            x={x * (lamp + gap)}
            y={top + y * (lamp + gap)}
            width={lamp}
            height={lamp}
            rx={2}
            class={(x * 7 + y * 3) % 4 === 0 ? 'lit' : ''}
          />
        ));
      })}
    </svg>
  );
}
