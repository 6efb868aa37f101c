/** What the service is built from: packages, their licences, and the image. docs/supply-chain.md explains it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { REPOSITORY } from './installation.ts';

const read = (path: string): Promise<string> => readFile(join(REPOSITORY, path), 'utf8');

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  hasInstallScript?: boolean;
  license?: string;
}

/** SPDX expressions that may be in what is installed with `relumine`. */
const ALLOWED = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'Unlicense',
  '(MIT OR CC0-1.0)',
  '(BSD-3-Clause AND Apache-2.0)',
];
/** Packages whose licence is known, but not written as SPDX wants it, or allowed for them alone. */
const KNOWN: Record<string, string> = {
  '@tensorflow/tfjs-layers': 'Apache-2.0 AND MIT',
  '@visx/vendor': 'MIT and ISC',
  elkjs: 'EPL-2.0',
  'seq-queue': 'MIT',
};

/** From npm's registry. The lock file has no addresses, so npm asks the registry that it is configured for. */
const REGISTRY = 'https://registry.npmjs.org/';

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('the lock file', async () => {
  const { packages } = JSON.parse(await read('package-lock.json')) as { packages: Record<string, Locked> };
  const entries = Object.entries(packages).filter(([path]) => path.includes('node_modules/'));

  it('has a SHA-512 of every package, and no package from elsewhere than the registry', () => {
    assert.ok(entries.length > 300);
    const wrong = entries.filter(([, { version, resolved, integrity, link }]) =>
      link
        ? resolved !== 'packages/client'
        : !/^\d+\.\d+\.\d+/.test(version ?? '') ||
          !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') ||
          !(resolved ?? REGISTRY).startsWith(REGISTRY),
    );
    assert.deepEqual(wrong, []);
  });

  it('has install scripts only in packages for which that was decided', async () => {
    const { allowScripts } = JSON.parse(await read('package.json')) as { allowScripts: Record<string, boolean> };
    const undecided = entries.filter(
      ([path, { hasInstallScript }]) => hasInstallScript && !(nameOf(path) in allowScripts),
    );
    assert.deepEqual(
      undecided.map(([path]) => path),
      [],
    );
  });

  it('has allowed licences only in what is installed with the package', async () => {
    const production = entries.filter(([, { dev, link }]) => !dev && !link);
    assert.ok(production.length > 100);
    const wrong = production.filter(([path, { license = '' }]) => {
      const known = KNOWN[nameOf(path)];
      return known === undefined ? !ALLOWED.includes(license) : license !== known && license !== '';
    });
    assert.deepEqual(
      wrong.map(([path, { license }]) => `${path}: ${license}`),
      [],
    );
    const page = await read('docs/supply-chain.md');
    const listed = /^Licences that may be there: (.+)\.$/m.exec(page)?.[1] ?? '';
    assert.deepEqual(
      [...listed.matchAll(/`([^`]+)`/g)].map(([, licence]) => licence),
      ALLOWED,
    );
    for (const [name, licence] of Object.entries(KNOWN)) assert.ok(page.includes(`| \`${name}\` | ${licence} |`), name);
  });
});

describe('the image', () => {
  it('has one base for all stages, which is named by its digest, and no root', async () => {
    const lines = (await read('Dockerfile')).split('\n');
    const bases = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.slice(1) ?? []);
    assert.deepEqual(bases, ['${NODE_IMAGE}', '${NODE_IMAGE}']);
    assert.ok(lines.some((line) => /^ARG NODE_IMAGE=node:\d+-\S+@sha256:[0-9a-f]{64}$/.test(line)));
    assert.ok(lines.indexOf('USER node') > lines.lastIndexOf('FROM ${NODE_IMAGE}'));
  });

  it('runs without capabilities on a read-only root file system', async () => {
    const { services } = parse(await read('docker-compose.yml')) as {
      services: Record<string, Record<string, unknown>>;
    };
    for (const name of ['api', 'worker']) {
      const { read_only, tmpfs, cap_drop, security_opt } = services[name] ?? {};
      assert.deepEqual(
        { read_only, tmpfs, cap_drop, security_opt },
        { read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
        name,
      );
    }
    assert.deepEqual(services['postgres']?.['security_opt'], ['no-new-privileges:true']);
  });
});
