/** Archives of experiments, taken apart and put together again. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';

export interface ArchiveEntry {
  name: string;
  data: Buffer;
}

export async function entriesOf(archive: Uint8Array): Promise<ArchiveEntry[]> {
  const tar = extract();
  tar.end(gunzipSync(archive));
  const entries: ArchiveEntry[] = [];
  for await (const entry of tar) entries.push({ name: entry.header.name, data: await buffer(entry) });
  return entries;
}

/** With the checksum of what it has now. */
export function resealed(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  const content = entries.filter(({ name }) => name !== 'end.json');
  const hash = createHash('sha256');
  for (const { data } of content) hash.update(data);
  return [...content, { name: 'end.json', data: Buffer.from(JSON.stringify({ sha256: hash.digest('hex') })) }];
}

/** `size`: what the header of each entry says instead of the truth. */
export async function packed(entries: readonly ArchiveEntry[], { size }: { size?: number } = {}): Promise<Buffer> {
  const tar = pack();
  const bytes = buffer(tar);
  for (const { name, data } of entries) tar.entry({ name, size: data.length }, data);
  tar.finalize();
  const plain = await bytes;
  if (size !== undefined) lie(plain, size);
  return gzipSync(plain);
}

/** Writes another size into the first header. */
function lie(tar: Buffer, size: number): void {
  tar.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  tar.fill(' ', 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
