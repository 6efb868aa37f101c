/** Files of a data set as the body of a request, sent as a stream: so any size takes the same memory. */
import type { Task } from '../vocabulary/index.ts';

export interface UploadFile {
  /** Its ending helps where the content alone does not say what it is. */
  name: string;
  /** In Node: `openAsBlob(path)`, or any stream of bytes. */
  content: Blob | ReadableStream<Uint8Array>;
}

/** What is absent is guessed from the files. */
export interface UploadOptions {
  /** Of the data set. */
  name?: string | undefined;
  task?: Task | undefined;
  /** The columns to predict. */
  target?: readonly string[] | undefined;
  format?: string | undefined;
  delimiter?: string | undefined;
  quote?: string | undefined;
  decimal?: '.' | ',' | undefined;
  thousands?: string | undefined;
  header?: boolean | undefined;
  /** Words that mean a missing value. */
  missing?: readonly string[] | undefined;
  encoding?: string | undefined;
  /** Of images, in pixels. */
  width?: number | undefined;
  height?: number | undefined;
  channels?: 1 | 3 | undefined;
}

export interface UploadHooks {
  /** `sent` bytes so far; `total` is null where a file is a stream. After the last byte the service reads the files. */
  onProgress?: (sent: number, total: number | null) => void;
  signal?: AbortSignal | undefined;
  /** With a key the upload can be repeated safely. */
  idempotencyKey?: string | undefined;
}

/** A `multipart/form-data` body (RFC 7578) with one part per file. */
export function formOf(
  files: readonly UploadFile[],
  onProgress: UploadHooks['onProgress'],
): { contentType: string; body: ReadableStream<Uint8Array> } {
  const boundary = `relumine-${crypto.randomUUID()}`;
  const pieces = piecesOf(files, boundary, onProgress);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    }),
  };
}

async function* piecesOf(
  files: readonly UploadFile[],
  boundary: string,
  onProgress: UploadHooks['onProgress'],
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  const sizes = files.map(({ content }) => ('size' in content ? content.size : null));
  const total = sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  let sent = 0;
  for (const { name, content } of files) {
    const disposition = `form-data; name="file"; filename="${escaped(name)}"`;
    yield encoder.encode(
      `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`,
    );
    const reader = (
      'size' in content ? content.stream() : content
    ).getReader() as ReadableStreamDefaultReader<Uint8Array>;
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        yield read.value;
        sent += read.value.length;
        onProgress?.(sent, total);
      }
    } finally {
      await reader.cancel();
    }
    yield encoder.encode('\r\n');
  }
  yield encoder.encode(`--${boundary}--\r\n`);
}

/** As browsers write names of files. */
const escaped = (name: string): string => name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
