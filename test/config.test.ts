import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ConfigError, readConfig, serviceUrl } from '../src/config.ts';

const unlimited = { concurrentRuns: null, queuedRuns: null, storageBytes: null };

describe('the configuration', () => {
  it('has a default for everything', () => {
    const expected = {
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: null,
      dataDir: resolve('.relumine'),
      workers: Math.max(1, availableParallelism() - 1),
      logLevel: 'info',
      datasetLimits: { bytes: 2 ** 31, values: 200_000_000 },
      datasetFolders: [resolve('.relumine/datasets'), '/usr/share/datasets'],
      allowedHosts: [],
      corsOrigins: [],
      publicUrl: null,
      webhooksAllowPrivate: false,
      limits: { project: unlimited, person: unlimited },
      rateLimits: { address: 60_000, person: 30_000 },
      trustProxy: null,
      setUp: false,
      metricsToken: null,
      oidc: null,
      sessionDays: 14,
    };
    assert.deepEqual(readConfig({}), expected);
    assert.deepEqual(readConfig({ PORT: '', DATABASE_URL: ' ', WORKERS: '' }), expected);
    assert.ok(Object.isFrozen(readConfig({})));
  });

  it('follows the environment', () => {
    const config = readConfig({
      HOST: '0.0.0.0',
      PORT: '0',
      DATABASE_URL: 'postgresql://user:secret@db:5432/relumine',
      DATA_DIR: '/data',
      WORKERS: '0',
      LOG_LEVEL: 'DEBUG',
      DATASET_MAX_BYTES: '1000000',
      DATASET_MAX_VALUES: '1000',
      DATASETS_DIR: '/courses',
      ALLOWED_HOSTS: 'Relumine.internal, other',
      CORS_ORIGINS: 'https://example.org/',
      PUBLIC_URL: 'https://relumine.example.org/',
      WEBHOOKS_ALLOW_PRIVATE: 'true',
      PROJECT_MAX_RUNNING: '4',
      PERSON_MAX_QUEUED: '0',
      PERSON_MAX_BYTES: '1000',
      RATE_LIMIT_ADDRESS: '0',
      RATE_LIMIT_PERSON: '100',
      TRUST_PROXY: '10.0.0.0/8, ::1',
      SET_UP: 'true',
      METRICS_TOKEN: 'for prometheus',
      OIDC_ISSUER: 'https://accounts.example.org',
      OIDC_CLIENT_ID: 'relumine',
      OIDC_CLIENT_SECRET: 'secret',
      OIDC_ALLOWED_DOMAINS: 'Example.org',
      SESSION_DAYS: '30',
    });
    assert.deepEqual(config, {
      host: '0.0.0.0',
      port: 0,
      databaseUrl: 'postgresql://user:secret@db:5432/relumine',
      dataDir: '/data',
      workers: 0,
      logLevel: 'debug',
      datasetLimits: { bytes: 1_000_000, values: 1000 },
      datasetFolders: ['/courses', '/usr/share/datasets'],
      allowedHosts: ['relumine.internal', 'other'],
      corsOrigins: ['https://example.org'],
      publicUrl: 'https://relumine.example.org',
      webhooksAllowPrivate: true,
      limits: {
        project: { concurrentRuns: 4, queuedRuns: null, storageBytes: null },
        person: { concurrentRuns: null, queuedRuns: 0, storageBytes: 1000 },
      },
      rateLimits: { address: 0, person: 100 },
      trustProxy: '10.0.0.0/8,::1',
      setUp: true,
      metricsToken: 'for prometheus',
      oidc: {
        issuer: 'https://accounts.example.org',
        clientId: 'relumine',
        clientSecret: 'secret',
        allowedDomains: ['example.org'],
      },
      sessionDays: 30,
    });
  });

  const wrong: [name: string, value: string, message: RegExp][] = [
    ['PORT', 'x', /^PORT must be an integer from 0 to 65535, but is "x"\.$/],
    ['PORT', '65536', /PORT/],
    ['PORT', '-1', /PORT/],
    ['PORT', '1e3', /PORT/],
    ['PORT', '80.5', /PORT/],
    ['WORKERS', 'many', /^WORKERS must be an integer from 0 to 256, but is "many"\.$/],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, but is "loud"\.$/],
    ['DATABASE_URL', 'mysql://root:secret@db/x', /^DATABASE_URL must be an address such as postgresql:/],
    ['DATABASE_URL', 'db', /DATABASE_URL/],
    ['PUBLIC_URL', 'relumine.example.org', /PUBLIC_URL must be an address such as https:/],
    ['WEBHOOKS_ALLOW_PRIVATE', 'yes', /WEBHOOKS_ALLOW_PRIVATE must be true or false/],
    ['TRUST_PROXY', 'everybody', /TRUST_PROXY must be true, or a list of addresses/],
    ['TRUST_PROXY', '10.0.0.0/33', /TRUST_PROXY/],
    ['OIDC_ISSUER', 'http://accounts.example.org', /OIDC_ISSUER must be an address such as https:/],
    ['OIDC_ISSUER', 'https://accounts.example.org', /OIDC_CLIENT_ID must be the id/],
    ['SESSION_DAYS', '0', /SESSION_DAYS must be an integer from 1 to 400/],
    ['CORS_ORIGINS', 'example.org', /CORS_ORIGINS must be a list of origins/],
  ];
  for (const [name, value, message] of wrong) {
    it(`refuses ${name}=${value} in one line, without secrets`, () => {
      assert.throws(
        () => readConfig({ [name]: value }),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n|secret@/);
          return true;
        },
      );
    });
  }

  it('gives the address of the service', () => {
    assert.equal(serviceUrl({}), 'http://127.0.0.1:3000');
    assert.equal(serviceUrl({ RELUMINE_URL: 'https://relumine.internal/' }), 'https://relumine.internal');
    assert.throws(() => serviceUrl({ RELUMINE_URL: 'relumine.internal' }), ConfigError);
  });
});
