/** `relumine datasets` against a real service, with real files. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { followUpload } from '../../src/cli/upload-progress.ts';
import type { DatasetInfo } from '../../src/vocabulary/index.ts';
import { startService, type TestService } from '../support/service.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const WINES = `grape;acid;sugar;quality
Riesling;5,5;1,2;good
Merlot;3,4;2,5;bad
Riesling;6,1;NA;good
Merlot;3,9;2,2;bad
Riesling;5,9;1,0;good
Merlot;3,1;2,9;bad
`;

describe('relumine datasets', () => {
  let service: TestService;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relumine-cli-'));
    await writeFile(join(folder, 'wines.csv'), WINES);
    await writeFile(join(folder, 'broken.csv'), 'a,b\n1,2\n3,4,5\n');
    service = await startService({ workers: 0 });
  });
  after(async () => {
    await service.remove();
    await rm(folder, { recursive: true });
  });

  const call = (args: string[], input = '') =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [CLI, 'datasets', ...args],
        { env: { PATH: process.env['PATH'], RELUMINE_URL: service.url } },
        (error, out, err) => resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      );
      child.stdin?.end(input);
    });
  const asJson = async (args: string[], input?: string) => {
    const { out, err } = await call([...args, '--json'], input);
    assert.ok(out, err);
    return JSON.parse(out) as DatasetInfo;
  };

  it('adds a file, shows it, changes it and removes it', async () => {
    const added = await call(['add', join(folder, 'wines.csv'), '--target', 'quality']);
    assert.equal(added.code, 0, added.err);
    assert.match(added.out, /^name +wines$/m);
    assert.match(added.out, /^classes +bad, good$/m);
    assert.match(added.out, /^sugar +input +numeric +1 +- +mean$/m);
    assert.match(added.err, /^sent .* reads it \.\.\.$/m, 'a line of progress, without any control character');
    assert.ok(!(added.out + added.err).includes('\u001B'));

    assert.match((await call([])).out, /^wines +uploaded +classification +6 +/m);
    assert.match((await call(['preview', 'wines', '--rows', '1'])).out, /^Riesling +5\.5 +1\.2 +good\n\n1 of 6 rows$/m);

    const changed = await asJson([
      'set',
      'wines',
      '--role',
      'grape=ignored',
      '--fill',
      'sugar=value:2',
      '--name',
      'cellar',
    ]);
    assert.deepEqual(
      changed.columns?.map(({ name, role, fill }) => [name, role, fill]),
      [
        ['grape', 'ignored', undefined],
        ['acid', 'input', undefined],
        ['sugar', 'input', { value: 2 }],
        ['quality', 'target', undefined],
      ],
    );
    assert.deepEqual([changed.name, changed.features, changed.version], ['cellar', 2, 1]);
    assert.match((await call(['show', 'cellar'])).out, /^sugar +input +numeric +1 +- +value 2$/m);

    assert.match((await call(['remove', 'cellar'])).out, /^cellar  deleted$/m);
    const gone = await call(['show', 'cellar']);
    assert.deepEqual([gone.code, gone.err], [1, 'relumine: Data set "cellar" not found.\n']);
  });

  it('reads standard input, and says where a file is damaged', async () => {
    const info = await asJson(['add', '-', '--name', 'piped', '--target', 'acid', '--task', 'regression'], WINES);
    assert.deepEqual([info.name, info.task, info.samples], ['piped', 'regression', 6]);
    const broken = await call(['add', join(folder, 'broken.csv')]);
    assert.equal(broken.code, 1);
    assert.match(broken.err, /^relumine: Line 3 has 3 cells/m);
    const missing = await call(['add', join(folder, 'none.csv')]);
    assert.match(missing.err, /^relumine: Cannot read .*none\.csv: there is no such file\.$/m);
    assert.match((await call(['set', 'piped', '--kind', 'acid=dte'])).err, /did you mean "date"/);
  });

  it('draws a bar on a terminal, and a line every few seconds elsewhere', () => {
    let clock = 0;
    const written: string[] = [];
    const output = { write: (text: string) => written.push(text), columns: 80 };
    const lines = followUpload(output, () => clock);
    for (clock = 0; clock <= 12_000; clock += 1000) lines.update(clock * 1000, 20e6);
    lines.update(20e6, 20e6);
    assert.equal(written.length, 3);
    assert.match(written[0]!, /^█+░+ 25\.0 % of 20\.0 MB, 1\.0 MB\/s\n$/);
    assert.match(written[2]!, /reads it/);

    written.length = 0;
    clock = 0;
    const bar = followUpload({ ...output, isTTY: true }, () => clock);
    for (clock = 0; clock <= 1000; clock += 50) bar.update(clock, 2000);
    assert.equal(written.length, 10);
    assert.ok(written.every((text) => text.includes('\u001B[2K')));
  });
});
