import { STOPPING_METRICS, STOPPING_OPTIONS, type StoppingMetric } from '../../../vocabulary/index.ts';
import { get, put } from './draft.ts';
import { inputProps, Labelled, NumberField } from './fields.tsx';

const PATH = 'training.stopping';
/** A patience that is usual; the service has no default for it. */
const START = { patience: 10 };

const METRIC_NAMES: Record<StoppingMetric, string> = {
  valLoss: 'validation loss',
  valAccuracy: 'validation accuracy',
  loss: 'training loss',
};

/** Early stopping: by which figure, and after how many epochs without a better one. */
export function StoppingFields() {
  const metric = get(`${PATH}.metric`) ?? (get(PATH) ? STOPPING_OPTIONS.metric.default : undefined);
  const choose = (choice: string) =>
    put(PATH, choice === '' ? undefined : { ...START, ...(get(PATH) as object | null | undefined), metric: choice });
  return (
    <div class="grid">
      <div class="double">
        <Labelled path={PATH}>
          <select
            class="input"
            value={typeof metric === 'string' ? metric : ''}
            {...inputProps(PATH)}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            <option value="">off</option>
            {STOPPING_METRICS.map((name) => (
              <option key={name} value={name}>
                {METRIC_NAMES[name]}
              </option>
            ))}
          </select>
        </Labelled>
      </div>
      {metric !== undefined && (
        <>
          <NumberField path={`${PATH}.patience`} hint="Training ends after so many epochs without a better value" />
          <NumberField path={`${PATH}.minDelta`} hint="A better value differs by more than this" />
        </>
      )}
    </div>
  );
}
