/** What changes all charts of a page at once. */
import { useEffect } from 'preact/hooks';
import { SMOOTHING_MOST } from '../../vocabulary/smoothing.ts';
import { copy } from '../parts/copy.ts';
import { Icon } from '../parts/icons.tsx';
import { linkHere } from '../router.ts';
import { chartsView, setSmoothing, setXAxis, zoomTo } from './charts-view.ts';
import { X_AXES, X_AXIS_LABELS, type XAxis } from './x-axis.ts';

export function ChartsBar({ children }: { children?: preact.ComponentChildren }) {
  const { x, isLogX, isClipped, smoothing, zoom, hidden } = chartsView.value;
  useEffect(() => {
    // A smoothing out of habit belongs to the view too, for whoever gets its address.
    if (smoothing > 0) chartsView.set({ smoothing }, { replace: true });
  }, []);
  return (
    <div class="charts-bar" role="group" aria-label="All charts">
      <label>
        <span>X axis</span>
        <select value={x} onChange={(event) => setXAxis(event.currentTarget.value as XAxis)}>
          {X_AXES.map((axis) => (
            <option key={axis} value={axis}>
              {X_AXIS_LABELS[axis]}
            </option>
          ))}
        </select>
      </label>
      <Toggle label="Log x axis" isOn={isLogX} set={(isOn) => chartsView.set({ isLogX: isOn })} />
      <div class="smoothing">
        <label>
          <span>Smoothing</span>
          <input
            type="range"
            min={0}
            max={SMOOTHING_MOST}
            step={0.01}
            value={smoothing}
            onInput={(event) => setSmoothing(event.currentTarget.valueAsNumber)}
          />
        </label>
        <input
          type="number"
          min={0}
          max={SMOOTHING_MOST}
          step={0.01}
          value={smoothing}
          aria-label="Smoothing, from 0 to 0.99"
          onChange={(event) => {
            const value = event.currentTarget.valueAsNumber;
            if (value >= 0 && value <= SMOOTHING_MOST) setSmoothing(value);
            else event.currentTarget.value = String(smoothing);
          }}
        />
      </div>
      <Toggle label="Clip outliers" isOn={isClipped} set={(isOn) => chartsView.set({ isClipped: isOn })} />
      {children}
      {zoom && (
        <button type="button" class="button small" onClick={() => zoomTo(null)}>
          Show the whole axis
        </button>
      )}
      {hidden.length > 0 && (
        <button type="button" class="button small" onClick={() => chartsView.set({ hidden: [] })}>
          Show all curves
        </button>
      )}
      <CopyLink />
    </div>
  );
}

function Toggle({ label, isOn, set }: { label: string; isOn: boolean; set: (isOn: boolean) => void }) {
  return (
    <button type="button" class="button small" aria-pressed={isOn} onClick={() => set(!isOn)}>
      {label}
    </button>
  );
}

/** The address has everything that is on the screen. */
const CopyLink = () => (
  <button
    type="button"
    class="button small push"
    onClick={() => void copy(linkHere(), 'Link copied: it opens this view')}
  >
    <Icon name="link" />
    Copy link
  </button>
);
