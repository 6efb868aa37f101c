/** The documentation names only files, commands and routes that exist. */
import assert from 'node:assert/strict';
import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FAILURE_CODES, STATUS_BY_CODE } from '../src/vocabulary/index.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): Promise<string> => readFile(join(REPOSITORY, path), 'utf8');

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'packages/client/README.md',
  ...(await readdir(join(REPOSITORY, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];

describe('the documentation', () => {
  it('links to files and headings that exist', async () => {
    const faults: string[] = [];
    for (const page of pages) {
      for (const [, target = ''] of (await read(page)).matchAll(/(?:\]\(|(?:src|srcset)=")([^)"\s]+)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = '', heading] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        const isThere = await access(join(REPOSITORY, file)).then(
          () => true,
          () => false,
        );
        if (!isThere || (heading !== undefined && !headings(await read(file)).includes(heading)))
          faults.push(`${page} -> ${target}`);
      }
    }
    assert.deepEqual(faults, []);
  });

  it('names commands of package.json', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const faults: string[] = [];
    for (const page of pages) {
      for (const [, name = ''] of (await read(page)).matchAll(/npm run ([\w:-]+)/g))
        if (!(name in scripts)) faults.push(`${page}: npm run ${name}`);
    }
    assert.deepEqual(faults, []);
  });

  it('lists every error code under its status, and every code of a failed run', async () => {
    const page = await read('docs/api.md');
    const rows = [...page.matchAll(/^\| (\d{3}) \| (.+) \|$/gm)].flatMap(([, status, codes = '']) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code = '']): [string, number] => [code, Number(status)]),
    );
    assert.equal(rows.length, Object.keys(STATUS_BY_CODE).length);
    assert.deepEqual(Object.fromEntries(rows), STATUS_BY_CODE);
    const failures = /of a failed run .* Codes: (.+)\.$/m.exec(page)?.[1] ?? '';
    assert.deepEqual(
      [...failures.matchAll(/`(\w+)`/g)].map(([, code]) => code),
      FAILURE_CODES,
    );
  });

  it('names files and folders of the sources', async () => {
    const faults: string[] = [];
    for (const page of pages) {
      for (const [, path = ''] of (await read(page)).matchAll(
        /`((?:src|test|tools|docker|packages|bench)\/[\w./-]+)`/g,
      )) {
        await access(join(REPOSITORY, path)).catch(() => faults.push(`${page}: ${path}`));
      }
    }
    assert.deepEqual(faults, []);
  });
});

/** Anchors as GitHub makes them. */
const headings = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
