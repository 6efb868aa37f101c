/** How far an upload is: a bar on a terminal, a line every few seconds elsewhere. */
import { Screen } from './screen.ts';
import { bar, percent } from './text.ts';

const REDRAW_MS = 100;
const LINE_MS = 5_000;
const BAR_WIDTH = 30;

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface UploadProgress {
  update: (sent: number, total: number | null) => void;
  /** The last state stays on a terminal. */
  end: () => void;
}

export function followUpload(output: Output, now: () => number = () => performance.now()): UploadProgress {
  const screen = output.isTTY ? new Screen(output) : null;
  const every = screen ? REDRAW_MS : LINE_MS;
  const startedAt = now();
  let shownAt = startedAt;
  return {
    update(sent, total) {
      const isSent = sent === total;
      if (now() - shownAt < every && !isSent) return;
      shownAt = now();
      const line = describe(sent, total, (shownAt - startedAt) / 1000);
      if (screen) screen.draw([line]);
      else output.write(`${line}\n`);
    },
    end() {
      shownAt = Infinity;
    },
  };
}

function describe(sent: number, total: number | null, seconds: number): string {
  const speed = seconds > 0.5 ? `, ${megabytes(sent / seconds)}/s` : '';
  if (total === null) return `sent ${megabytes(sent)}${speed}`;
  if (sent >= total) return `sent ${megabytes(total)}${speed}; the service reads it ...`;
  return `${bar(sent / total, BAR_WIDTH)} ${percent(sent / total)} of ${megabytes(total)}${speed}`;
}

const megabytes = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
