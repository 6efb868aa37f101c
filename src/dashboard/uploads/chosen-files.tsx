/** Several files at once may be one data set or several: the user decides before they are sent. */
import { signal } from '@preact/signals';
import { startUpload } from './sending.ts';
import { bytes, count } from '../parts/format.ts';

const chosen = signal<readonly File[]>([]);

/** A single file is sent at once. */
export function takeFiles(files: File[]): void {
  if (files.length === 1) startUpload(files);
  else chosen.value = files;
}

export function ChosenFiles() {
  const files = chosen.value;
  if (files.length === 0) return null;
  const end = () => {
    chosen.value = [];
  };
  const sendTogether = () => {
    startUpload(files);
    end();
  };
  const sendEach = () => {
    for (const file of files) startUpload([file]);
    end();
  };
  return (
    <section class="panel upload" aria-label="Chosen files">
      <p>
        <b>{count(files.length, 'file')}:</b> one data set, or one for each file?
      </p>
      <ul class="faults">
        {files.map((file) => (
          <li key={file.name}>
            <span dir="auto">{file.name}</span> <span class="faint num">{bytes(file.size)}</span>
          </li>
        ))}
      </ul>
      <p class="quiet">
        Files belong together if they are the images and labels of one set (IDX, NPY), or its training, validation and
        test part.
      </p>
      <div class="row">
        <button type="button" class="button primary" onClick={sendTogether}>
          One data set
        </button>
        <button type="button" class="button" onClick={sendEach}>
          One for each file
        </button>
        <button type="button" class="button plain" onClick={end}>
          Cancel
        </button>
      </div>
    </section>
  );
}
