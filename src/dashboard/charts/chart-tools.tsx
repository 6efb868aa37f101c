import { toastFault } from '../parts/toast.tsx';
import { Icon } from '../parts/icons.tsx';
import { chartsView, toggled } from './charts-view.ts';
import type { Picture } from './export/picture.ts';

interface Props {
  id: string;
  isLogY: boolean;
  isFull: boolean;
  /** What is on the screen now. */
  picture: () => Picture;
}

const FORMATS = ['svg', 'png', 'csv'] as const;
export type ChartFormat = (typeof FORMATS)[number];

export function ChartTools({ id, isLogY, isFull, picture }: Props) {
  const save = async (format: ChartFormat): Promise<void> => {
    try {
      const { saveChart } = await import('./export/save-chart.ts');
      await saveChart(format, picture());
    } catch (fault) {
      toastFault(fault);
    }
  };
  return (
    <div class="chart-tools">
      <button
        type="button"
        class="button small plain"
        aria-pressed={isLogY}
        onClick={() => chartsView.set({ logY: toggled(chartsView.peek().logY, id) })}
      >
        Log scale
      </button>
      <details class="menu">
        <summary class="button small plain icon" aria-label="Save this chart" title="Save this chart">
          <Icon name="download" />
        </summary>
        <div class="menu-list">
          {FORMATS.map((format) => (
            <button key={format} type="button" onClick={() => void save(format)}>
              {FORMAT_LABELS[format]}
            </button>
          ))}
        </div>
      </details>
      <button
        type="button"
        class="button small plain icon"
        aria-label={isFull ? 'Close full screen' : 'Full screen'}
        title={isFull ? 'Close full screen' : 'Full screen'}
        onClick={() => chartsView.set({ full: isFull ? '' : id })}
      >
        <Icon name={isFull ? 'close' : 'expand'} />
      </button>
    </div>
  );
}

const FORMAT_LABELS: Record<ChartFormat, string> = {
  svg: 'Picture as SVG',
  png: 'Picture as PNG',
  csv: 'Points as CSV',
};
