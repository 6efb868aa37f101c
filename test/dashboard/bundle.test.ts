import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUILT = fileURLToPath(new URL('../../dashboard/', import.meta.url));
const MOST_COMPRESSED_BYTES = 90_000;

const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(js|css|html)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(BUILT, name), 'utf8') }));

test('the first load is under 90 kB of compressed script and style', () => {
  const bytes = files.reduce((sum, { text }) => sum + gzipSync(text).length, 0);
  assert.ok(bytes < MOST_COMPRESSED_BYTES, `${bytes} bytes`);
});

test('the schema library stays on the server', () => {
  // The key under which TypeBox marks its schemas: it survives minification.
  for (const { name, text } of files) assert.ok(!/~kind/.test(text), name);
});

test('the document has no inline script, no inline style and nothing from another host', () => {
  const { text } = files.find(({ name }) => name === 'index.html')!;
  assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)/);
  assert.doesNotMatch(text, /<style|\sstyle=/);
  assert.doesNotMatch(text, /https?:\/\//);
});
