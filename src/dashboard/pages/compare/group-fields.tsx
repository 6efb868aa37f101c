import { BANDS, MIDDLES, type Band, type Middle } from '../../charts/combine.ts';
import { compareView } from './compare-view.ts';
import { isDifferent, pathsOf, settingsOf } from './settings.ts';
import type { Shown } from './shown.ts';

const BAND_LABELS: Record<Band, string> = {
  range: 'smallest to largest',
  std: '± standard deviation',
  stderr: '± standard error',
  ci95: '95 % interval of the mean',
};
const MIDDLE_LABELS: Record<Middle, string> = { mean: 'mean', median: 'median' };

/** By which setting runs are put together, and what their common curve is. */
export function GroupFields({ shown }: { shown: Shown[] }) {
  const { group, middle, band } = compareView.value;
  const all = shown.map(({ run }) => settingsOf(run.spec));
  const paths = pathsOf(all).filter((path) => path === group || isDifferent(all, path));
  return (
    <>
      <label>
        <span>Group by</span>
        <select value={group} onChange={(event) => compareView.set({ group: event.currentTarget.value })}>
          <option value="">nothing: each run</option>
          {paths.map((path) => (
            <option key={path} value={path}>
              {path}
            </option>
          ))}
        </select>
      </label>
      {group !== '' && (
        <>
          <label>
            <span>Line</span>
            <select
              value={middle}
              onChange={(event) => compareView.set({ middle: event.currentTarget.value as Middle })}
            >
              {MIDDLES.map((name) => (
                <option key={name} value={name}>
                  {MIDDLE_LABELS[name]}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>Band</span>
            <select value={band} onChange={(event) => compareView.set({ band: event.currentTarget.value as Band })}>
              {BANDS.map((name) => (
                <option key={name} value={name}>
                  {BAND_LABELS[name]}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
    </>
  );
}
