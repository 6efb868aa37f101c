import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUILT = fileURLToPath(new URL('../../dashboard/', import.meta.url));
const MOST_COMPRESSED_BYTES = 110_000;

const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(js|css|html)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(BUILT, name), 'utf8') }));
const textOf = (name: string) => files.find((file) => file.name === name)?.text ?? assert.fail(`no file ${name}`);

test('the first load of every page is under 110 kB of compressed script and style', () => {
  const document = textOf('index.html');
  const always = [
    'index.html',
    ...[...document.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, name]) => name!),
  ];
  const start = textOf(always.find((name) => /assets\/index-.*\.js$/.test(name))!);
  // Vite's table of what is loaded with each page.
  const table = JSON.parse(/\.f=(\[[^\]]*\])/.exec(start)![1]!) as string[];
  const pages = [
    ...start.matchAll(/import\(.\.\/([\w-]+\.js).\)(?:(?!import\()[^])*?__vite__mapDeps\(\[([\d,]*)\]\)/g),
  ].map(([, name, needed]) => ({ name: name!, files: needed!.split(',').map((index) => table[Number(index)]!) }));
  for (const wanted of ['runs-page', 'new-run-page', 'run-page', 'compare-page'])
    assert.ok(
      pages.some(({ name }) => name.startsWith(wanted)),
      `${wanted} is not loaded lazily`,
    );
  for (const page of pages) {
    const names = new Set([...always, ...page.files]);
    const bytes = [...names].reduce((sum, name) => sum + gzipSync(textOf(name)).length, 0);
    assert.ok(bytes < MOST_COMPRESSED_BYTES, `${page.name}: ${bytes} bytes`);
  }
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
