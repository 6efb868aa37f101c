/** What `npm install relumine` delivers: a service that runs, without development files. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { compile, consumer, installPackage, references, REPOSITORY, type Installation } from './installation.ts';

describe('the package relumine', () => {
  let installation: Installation;
  before(async () => {
    installation = await installPackage('.');
  });
  after(() => installation.remove());
  const read = (path: string) => readFile(join(installation.root, path), 'utf8');

  it('contains the compiled service, the page and the migrations, but no development files', async () => {
    const { files } = installation;
    const compiled = await readdir(join(REPOSITORY, 'dist/src'), { recursive: true });
    const expected = compiled.filter((path) => path.endsWith('.js') && !/^dashboard\b/.test(path));
    assert.ok(expected.length > 100);
    assert.deepEqual(
      expected.filter((path) => !files.includes(posix.join('dist/src', path))),
      [],
    );
    for (const path of ['README.md', 'CHANGELOG.md', 'LICENSE', 'dist/dashboard/index.html'])
      assert.ok(files.includes(path), path);
    const migrations = (await readdir(join(REPOSITORY, 'prisma/migrations'), { recursive: true })).filter((path) =>
      path.endsWith('.sql'),
    );
    for (const path of migrations) assert.ok(files.includes(posix.join('prisma/migrations', path)), path);

    const allowed =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/dashboard\/.+|prisma\/migrations\/.+|dist\/src\/(?!dashboard\/).+\.(js|js\.map|d\.ts))$/;
    assert.deepEqual(
      files.filter((path) => !allowed.test(path)),
      [],
    );
  });

  it('has a command that npx can start in a clone, however often it was built', async () => {
    const { mode } = await stat(join(REPOSITORY, 'dist/src/cli.js'));
    assert.equal(mode & 0o111, 0o111);
  });

  it('refers only to files that it contains and packages that it declares', async () => {
    const { files, manifest } = installation;
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    const faults: string[] = [];
    for (const file of files.filter((path) => /^dist\/src\/.*\.js$/.test(path))) {
      for (const target of references(await read(file))) {
        if (target.startsWith('node:')) continue;
        const isThere = target.startsWith('.')
          ? files.some((path) => path.startsWith(posix.join(posix.dirname(file), target)))
          : declared.some((name) => target === name || target.startsWith(`${name}/`));
        if (!isThere) faults.push(`${file} -> ${target}`);
      }
    }
    assert.deepEqual(faults, []);
  });

  it('has source maps that include their sources', async () => {
    const maps = installation.files.filter((path) => path.endsWith('.map'));
    assert.ok(maps.length > 100);
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(await read(path)) as Record<
        'sources' | 'sourcesContent',
        string[]
      >;
      assert.equal(sourcesContent.length, sources.length, path);
    }
  });

  it('serves the page, trains, and works with its own client', async () => {
    const { folder, root } = installation;
    await compile(installation, consumer('relumine/client'));
    const dataDir = join(folder, 'data');
    await mkdir(dataDir);
    const service = spawn(process.execPath, [join(root, 'dist/src/cli.js'), 'serve'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: '0', WORKERS: '1', DATA_DIR: dataDir, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(service, 'exit');
    try {
      const url = await addressOf(createInterface({ input: service.stdout }));
      service.stdout.resume();
      const page = await fetch(url);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<title>Relumine/);
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'consumer.js'), url]);
      const { seen, names, refusal } = JSON.parse(stdout) as { seen: string[]; names: string[]; refusal: string };
      for (const type of ['status', 'metrics', 'caughtUp']) assert.ok(seen.includes(type), type);
      assert.deepEqual(names, ['packaged succeeded']);
      assert.equal(refusal, 'RUN_NOT_FOUND');
    } finally {
      service.kill('SIGTERM');
    }
    assert.deepEqual(await exit, [0, null]);
  });
});

/** Reads the service's log up to the line that says where it listens. */
async function addressOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error('The service ended before it listened.');
}
