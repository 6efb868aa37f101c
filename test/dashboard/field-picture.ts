/** What a page's neuron field shows, read from its canvas and its label, like a person and a screen reader. */
import type { Page } from 'playwright-core';

export const FIELD = '.field-frame';

/** The part of a canvas that is used here; the rest of this program has no browser types. */
interface Canvas {
  width: number;
  height: number;
  toDataURL(): string;
  cloneNode(): Canvas;
  getContext(kind: '2d', options: { willReadFrequently: boolean }): Context;
}
interface Context {
  drawImage(image: Canvas, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
}

/** Neurons that the field calls dead. */
export async function deadNeurons(page: Page): Promise<number> {
  const label = (await page.getAttribute(FIELD, 'aria-label')) ?? '';
  return Number(/(\d+) of them dead/.exec(label)?.[1] ?? Number.NaN);
}

/** Pixels of the lamps by kind: cold ones are out, warm ones lit. */
export function countLamps(page: Page): Promise<{ cold: number; warm: number; picture: string }> {
  return page
    .locator(`${FIELD} canvas`)
    .first()
    .evaluate((element) => {
      const canvas = element as Canvas;
      // Read from a copy: reading the canvas itself would change how the browser draws it.
      const context = canvas.cloneNode().getContext('2d', { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let cold = 0,
        warm = 0;
      for (let i = 0; i < data.length; i += 4) {
        const red = data[i]!,
          blue = data[i + 2]!;
        if (blue > red + 15) cold += 1;
        else if (red > blue + 15) warm += 1;
      }
      return { cold, warm, picture: canvas.toDataURL() };
    });
}

/** Repeats the question, at the page's pace, until the answer is as expected. */
export async function until<T>(
  page: Page,
  look: () => Promise<T>,
  isWished: (value: T) => boolean,
  what: string,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await look();
    if (isWished(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come about; last seen: ${JSON.stringify(value)}`);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 30)))');
  }
}
