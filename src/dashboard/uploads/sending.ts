/**
 * Files on their way to the service. They belong to no page: an upload goes on while the user looks at something else.
 * XMLHttpRequest sends them, because fetch does not tell how far a body is.
 */
import { signal, type Signal } from '@preact/signals';
import type { DatasetInfo } from '../../vocabulary/index.ts';
import { shownProject } from '../data/project.ts';
import { service } from '../data/service.ts';
import type { Damage } from './damage.ts';
import type { UploadOptions } from './reading-fields.ts';
import { Speed } from './speed.ts';

export interface UploadFault {
  code: string;
  message: string;
  damage: readonly Damage[];
}

export type UploadState =
  | { is: 'sending'; sentBytes: number; totalBytes: number; bytesPerSecond: number | null }
  | { is: 'reading' }
  | { is: 'read'; dataset: DatasetInfo }
  | { is: 'refused'; fault: UploadFault };

export interface FileUpload {
  key: number;
  files: readonly File[];
  options: UploadOptions;
  state: Signal<UploadState>;
  /** Stops it wherever it is; the service keeps nothing of it. */
  cancel: () => void;
}

export const uploads = signal<readonly FileUpload[]>([]);

let keys = 0;

/** Sends the files as one data set. It takes the place of `replaces`, unless runs have used that one. */
export function startUpload(
  files: readonly File[],
  options: UploadOptions = {},
  replaces: DatasetInfo | null = null,
): FileUpload {
  const request = new XMLHttpRequest();
  const state = signal<UploadState>({
    is: 'sending',
    sentBytes: 0,
    totalBytes: files.reduce((sum, file) => sum + file.size, 0),
    bytesPerSecond: null,
  });
  const upload: FileUpload = {
    key: keys++,
    files,
    options,
    state,
    cancel: () => {
      dismiss(upload);
      request.abort();
    },
  };
  const refuse = (fault: UploadFault) => {
    state.value = { is: 'refused', fault };
  };

  const speed = new Speed();
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    if (state.value.is !== 'sending') return;
    state.value = {
      is: 'sending',
      sentBytes: loaded,
      totalBytes: total,
      bytesPerSecond: speed.after(loaded, performance.now()),
    };
  });
  request.upload.addEventListener('load', () => {
    state.value = { is: 'reading' };
  });
  request.addEventListener('load', () => {
    const answer: unknown = request.response;
    if (request.status !== 201) return refuse(faultIn(answer, request.status));
    void letGo(replaces).then(() => {
      state.value = { is: 'read', dataset: answer as DatasetInfo };
    });
  });
  request.addEventListener('error', () => refuse(UNREACHABLE));
  request.addEventListener('loadend', leaveFreely);

  const project = replaces?.project ?? shownProject.peek();
  request.open('POST', `/v1/datasets?${new URLSearchParams({ ...options, ...(project && { project }) }).toString()}`);
  request.setRequestHeader('accept', 'application/json');
  request.responseType = 'json';
  const body = new FormData();
  for (const file of files) body.append('file', file, file.name);
  request.send(body);

  uploads.value = [upload, ...uploads.value];
  addEventListener('beforeunload', warn);
  return upload;
}

/** Takes a finished upload off the page. */
export function dismiss(upload: FileUpload): void {
  uploads.value = uploads.value.filter((one) => one !== upload);
}

/** A data set that runs have used stays: then both are listed. */
async function letGo(replaced: DatasetInfo | null): Promise<void> {
  if (replaced?.id === undefined) return;
  try {
    await service.deleteDataset(replaced.id);
  } catch {
    // It is still there to be looked at and deleted by hand.
  }
}

const UNREACHABLE: UploadFault = {
  code: 'UNREACHABLE',
  message: 'The connection to the service broke. Nothing was kept; the file can be sent again.',
  damage: [],
};

function faultIn(answer: unknown, status: number): UploadFault {
  const { error } = (answer ?? {}) as { error?: { code: string; message: string; details?: Damage[] } };
  return error
    ? { code: error.code, message: error.message, damage: error.details ?? [] }
    : { code: 'INTERNAL_ERROR', message: `The server answered ${status} without a reason.`, damage: [] };
}

/** While files are sent, closing the tab asks first. */
const warn = (event: BeforeUnloadEvent) => event.preventDefault();
function leaveFreely(): void {
  const isBusy = uploads.value.some(({ state }) => state.peek().is === 'sending' || state.peek().is === 'reading');
  if (!isBusy) removeEventListener('beforeunload', warn);
}
