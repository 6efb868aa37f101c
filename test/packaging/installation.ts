/**
 * Packs a package of this repository and unpacks it into an empty folder, as npm would install it, without a network.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
const run = promisify(execFile);

export interface Installation {
  /** The empty folder that the package was installed in. */
  folder: string;
  /** The package itself, below `folder`. */
  root: string;
  /** Paths below `root`, with forward slashes. */
  files: string[];
  manifest: Manifest;
  remove(): Promise<void>;
}

interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  repository: { url: string };
}

/** `path` is the package's folder below the repository. It must be built. */
export async function installPackage(path: string): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'relumine-install-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: join(REPOSITORY, path),
  });
  // A list in some versions of npm, an object by package name in others.
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>);
  if (!packed) throw new Error(`npm pack printed no package: ${stdout}`);
  await run('tar', ['-xzf', packed.filename], { cwd: folder });
  const manifest = JSON.parse(await readFile(join(folder, 'package/package.json'), 'utf8')) as Manifest;
  const root = join(folder, 'node_modules', manifest.name);
  await mkdir(dirname(root), { recursive: true });
  await run('mv', [join(folder, 'package'), root]);
  // Only what the manifest names: an undeclared dependency is not found.
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(REPOSITORY, 'node_modules', name), link, 'dir');
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  return {
    folder,
    root,
    files: packed.files.map((file) => file.path),
    manifest,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Compiles a strict consumer in the folder of the installation, declarations included; rejects with the errors. */
export async function compile({ folder }: Installation, source: string): Promise<void> {
  await writeFile(join(folder, 'consumer.ts'), source);
  const options = {
    target: 'ES2023',
    lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    types: [],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }));
  await run(process.execPath, [TSC, '-p', folder]).catch((error: { stdout?: string }) => {
    throw new Error(`The consumer does not compile:\n${error.stdout ?? ''}`, { cause: error });
  });
}

/** Modules that a compiled file loads or refers to: imports, exports, import(), and files referenced by URL. */
export function references(text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
  return [
    ...code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"\s]+)['"]/g),
    ...code.matchAll(/new URL\(\s*['"]([^'"\s]+)['"]\s*,\s*import\.meta\.url\)/g),
  ].map(([, target = '']) => target);
}

/** A program that uses the client in types and at run time; prints what it received. */
export const consumer = (specifier: string) => `
import { RelumineApiError, RelumineClient, type ListQuery, type WatchMessage } from '${specifier}';

declare const process: { argv: string[] };
declare const console: { log(text: string): void };

const client = new RelumineClient(process.argv[2]);
const run = await client.submit({
  name: 'packaged',
  dataset: { name: 'xor' },
  model: { layers: [{ type: 'dense', units: 4, activation: 'relu' }] },
  training: { epochs: 2, optimizer: { type: 'adam', learningRate: 0.01 } },
});
const seen: WatchMessage['type'][] = [];
for await (const message of client.watch(run.id)) {
  seen.push(message.type);
  if (message.type === 'snapshot' && !(message.data instanceof Float32Array)) throw new Error('no snapshot');
}
const query: ListQuery = { status: 'succeeded', q: 'packaged' };
const names: string[] = [];
for await (const { name, status } of client.list(query)) names.push(\`\${name} \${status}\`);
const refusal: unknown = await client.get('run_0').catch((error: unknown) => error);
console.log(JSON.stringify({ seen: [...new Set(seen)], names, refusal: refusal instanceof RelumineApiError && refusal.code }));
`;
