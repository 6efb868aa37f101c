/** Saves what a chart shows as a file of the browser. Fetched when it is first needed. */
import type { ChartFormat } from '../chart-tools.tsx';
import { toCsv } from './csv.ts';
import type { Picture } from './picture.ts';
import { toSvg, type Svg } from './svg.ts';

export async function saveChart(format: ChartFormat, picture: Picture): Promise<void> {
  const name = `${picture.title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')}.${format}`;
  save(name, await MAKE[format](picture));
}

const MAKE: Record<ChartFormat, (picture: Picture) => Blob | Promise<Blob>> = {
  svg: (picture) => new Blob([toSvg(picture).text], { type: 'image/svg+xml' }),
  png: (picture) => toPng(toSvg(picture)),
  csv: (picture) => new Blob([toCsv(picture)], { type: 'text/csv' }),
};

/** Twice as many pixels as on the screen, for print. */
const PIXELS = 2;

async function toPng({ text, width, height }: Svg): Promise<Blob> {
  const image = new Image();
  // Not a blob: the page allows pictures from itself and from data only.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * PIXELS;
  canvas.height = height * PIXELS;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser could not make a picture of this size.');
  return blob;
}

function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the data once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
