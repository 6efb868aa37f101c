/** What `npm install relumine-client` delivers: the typed client alone, for Node and for browsers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'vite';
import { startService, type TestService } from '../support/service.ts';
import { compile, consumer, installPackage, references, REPOSITORY, type Installation } from './installation.ts';

describe('the package relumine-client', () => {
  let installation: Installation;
  before(async () => {
    installation = await installPackage('packages/client');
  });
  after(() => installation.remove());
  const read = (path: string) => readFile(join(installation.root, path), 'utf8');

  it('has the version and licence of the service, and no dependencies', async () => {
    const service = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string };
    const { manifest, files } = installation;
    assert.equal(manifest.version, service.version);
    assert.deepEqual({ ...manifest.dependencies, ...manifest.optionalDependencies }, {});
    for (const path of ['README.md', 'LICENSE', 'dist/client/index.js', 'dist/client/index.d.ts'])
      assert.ok(files.includes(path), path);
    assert.equal(await read('LICENSE'), await readFile(join(REPOSITORY, 'LICENSE'), 'utf8'));
  });

  it('imports only its own files, in code and in types', async () => {
    const { files } = installation;
    const faults: string[] = [];
    for (const file of files.filter((path) => /\.(js|d\.ts)$/.test(path))) {
      for (const target of references(await read(file)))
        if (!target.startsWith('.')) faults.push(`${file} -> ${target}`);
    }
    assert.deepEqual(faults, []);
  });

  describe('in an empty folder', () => {
    let service: TestService;
    before(async () => {
      service = await startService();
    });
    after(() => service.remove());

    it('compiles and runs', async () => {
      const source = consumer('relumine-client');
      await compile(installation, source);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [...NODE_WEBSOCKET, join(installation.folder, 'consumer.js'), service.url],
        { cwd: installation.folder },
      );
      const { seen, names, refusal } = JSON.parse(stdout) as { seen: string[]; names: string[]; refusal: string };
      for (const type of ['status', 'metrics', 'caughtUp']) assert.ok(seen.includes(type), type);
      assert.deepEqual(names, ['packaged succeeded']);
      assert.equal(refusal, 'RUN_NOT_FOUND');
    });
  });

  it('is bundled for browsers without Node modules', async () => {
    const entry = join(installation.folder, 'page.js');
    await writeFile(entry, `export { RelumineClient } from 'relumine-client';\n`);
    const warnings: string[] = [];
    const bundles = await build({
      root: installation.folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        lib: { entry, formats: ['es'] },
        rollupOptions: { onwarn: ({ message }) => warnings.push(message) },
      },
    });
    assert.deepEqual(warnings, []);
    const [bundle] = [bundles].flat();
    assert.ok(bundle && 'output' in bundle);
    assert.equal(bundle.output.length, 1);
    const [{ code, imports }] = bundle.output;
    assert.deepEqual(imports, []);
    assert.doesNotMatch(code, /node:|require\(/);
    assert.ok(code.length < 40_000, `${code.length} characters`);
  });
});

/** Node 20 hides its WebSocket behind a flag. */
const NODE_WEBSOCKET = 'WebSocket' in globalThis ? [] : ['--experimental-websocket'];
