/** The environment as one validated, frozen object. No other file reads process.env. */
import { isIP } from 'node:net';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** A Postgres server; null: the embedded database in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Training threads in this process; 0 for an API without any. */
  readonly workers: number;
  readonly logLevel: LogLevel;
  /** Of one uploaded data set: the bytes of its files, and its rows times values per row. */
  readonly datasetLimits: { readonly bytes: number; readonly values: number };
  /** Data files and folders with data files in them are data sets. */
  readonly datasetFolders: readonly string[];
  /** Host names under which browsers may reach the service, besides localhost and the address it listens on. */
  readonly allowedHosts: readonly string[];
  /** Origins of other sites whose pages may use the service; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Where people reach the service, for links, without a slash at the end; null: unknown. */
  readonly publicUrl: string | null;
  /** Webhooks may be sent to this machine and to private networks. */
  readonly webhooksAllowPrivate: boolean;
  /** Proxies whose headers say who the client is: addresses and networks, separated by commas; null: none. */
  readonly trustProxy: string | null;
  /** Without an owner, a service that others can reach prints a link with which the first one registers. */
  readonly setUp: boolean;
  /** Lets Prometheus read /metrics without a key; null: only owners do. */
  readonly metricsToken: string | null;
  /** A provider of identities with which people can sign in; null: none. */
  readonly oidc: OidcConfig | null;
  /** How long a browser stays signed in after its last request. */
  readonly sessionDays: number;
  /** What a project, and a person in all projects, may use at most; null: any amount. */
  readonly limits: Readonly<Record<'project' | 'person', UseLimits>>;
  /** Requests in a minute from one address and from one person; 0: any number. */
  readonly rateLimits: { readonly address: number; readonly person: number };
}

export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
  /** Of e-mail addresses: whoever has one may register without an invitation. */
  readonly allowedDomains: readonly string[];
}

export const DATASET_LIMITS = { bytes: 2 * 1024 ** 3, values: 200_000_000 } as const;

export const SESSION_DAYS = 14;

export interface UseLimits {
  readonly concurrentRuns: number | null;
  readonly queuedRuns: number | null;
  readonly storageBytes: number | null;
}
const NO_LIMITS: UseLimits = { concurrentRuns: null, queuedRuns: null, storageBytes: null };
export const USE_LIMITS: Config['limits'] = { project: NO_LIMITS, person: NO_LIMITS };
export const RATE_LIMITS = { address: 60_000, person: 30_000 } as const;

/** Names for networks that proxies are often in. */
const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

/** Where packages of Debian such as dataset-fashion-mnist put their files. */
const PACKAGED_DATASETS = '/usr/share/datasets';

/** An invalid value in the environment. The message is one line, with the variable and what was expected. */
export class ConfigError extends Error {
  constructor(name: string, expected: string, value: string) {
    super(`${name} must be ${expected}, but is ${JSON.stringify(value)}.`);
    this.name = 'ConfigError';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * An empty variable counts as unset, as in a compose file's `${PORT:-}`. What is `given`, as on the command line, comes
 * before the environment. Throws ConfigError.
 */
export function readConfig(environment: Environment = process.env, given: Environment = {}): Config {
  const text = (name: string) => given[name]?.trim() || environment[name]?.trim() || undefined;
  const dataDir = resolve(text('DATA_DIR') ?? '.relumine');
  return Object.freeze({
    host: text('HOST') ?? '127.0.0.1',
    port: integer('PORT', text('PORT'), 3000, 65_535),
    databaseUrl: databaseUrl(text('DATABASE_URL')),
    dataDir,
    workers: integer('WORKERS', text('WORKERS'), Math.max(1, availableParallelism() - 1), 256),
    logLevel: logLevel(text('LOG_LEVEL')),
    datasetLimits: Object.freeze({
      bytes: integer('DATASET_MAX_BYTES', text('DATASET_MAX_BYTES'), DATASET_LIMITS.bytes, Number.MAX_SAFE_INTEGER),
      values: integer('DATASET_MAX_VALUES', text('DATASET_MAX_VALUES'), DATASET_LIMITS.values, Number.MAX_SAFE_INTEGER),
    }),
    datasetFolders: Object.freeze([resolve(text('DATASETS_DIR') ?? join(dataDir, 'datasets')), PACKAGED_DATASETS]),
    allowedHosts: Object.freeze(list(text('ALLOWED_HOSTS')).map((host) => host.toLowerCase())),
    publicUrl: publicUrl(text('PUBLIC_URL')),
    limits: Object.freeze({ project: useLimits('PROJECT', text), person: useLimits('PERSON', text) }),
    rateLimits: Object.freeze({
      address: integer('RATE_LIMIT_ADDRESS', text('RATE_LIMIT_ADDRESS'), RATE_LIMITS.address, 1_000_000_000),
      person: integer('RATE_LIMIT_PERSON', text('RATE_LIMIT_PERSON'), RATE_LIMITS.person, 1_000_000_000),
    }),
    webhooksAllowPrivate: isOn('WEBHOOKS_ALLOW_PRIVATE', text('WEBHOOKS_ALLOW_PRIVATE')),
    corsOrigins: Object.freeze(list(text('CORS_ORIGINS')).map(origin)),
    trustProxy: trustProxy(text('TRUST_PROXY')),
    oidc: oidcProvider(text),
    setUp: isOn('SET_UP', text('SET_UP')),
    metricsToken: text('METRICS_TOKEN') ?? null,
    sessionDays: integer('SESSION_DAYS', text('SESSION_DAYS'), SESSION_DAYS, 400, 1),
  });
}

/** How the client's commands find the service, and get in. */
export function readAccess(environment: Environment = process.env): {
  url: string;
  apiKey?: string;
  credentials: string;
} {
  const apiKey = environment['RELUMINE_API_KEY']?.trim();
  const folder = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] || homedir(), '.config');
  return {
    url: serviceUrl(environment),
    ...(apiKey && { apiKey }),
    credentials: join(folder, 'relumine', 'credentials'),
  };
}

/** Where the client's commands find the service. */
export function serviceUrl(environment: Environment = process.env): string {
  const value = environment['RELUMINE_URL']?.trim() || 'http://127.0.0.1:3000';
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new ConfigError('RELUMINE_URL', 'an address such as http://127.0.0.1:3000', value);
  return value.replace(/\/+$/, '');
}

function publicUrl(value: string | undefined): string | null {
  if (value === undefined) return null;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new ConfigError('PUBLIC_URL', 'an address such as https://relumine.example.org', value);
  return value.replace(/\/+$/, '');
}

function oidcProvider(text: (name: string) => string | undefined): OidcConfig | null {
  const issuer = text('OIDC_ISSUER');
  if (issuer === undefined) return null;
  const { protocol, hostname } = URL.canParse(issuer) ? new URL(issuer) : { protocol: '', hostname: '' };
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    throw new ConfigError('OIDC_ISSUER', 'an address such as https://accounts.example.org', issuer);
  const clientId = text('OIDC_CLIENT_ID');
  if (clientId === undefined)
    throw new ConfigError('OIDC_CLIENT_ID', 'the id that the provider of OIDC_ISSUER has given to this service', '');
  return Object.freeze({
    issuer,
    clientId,
    clientSecret: text('OIDC_CLIENT_SECRET') ?? null,
    allowedDomains: Object.freeze(list(text('OIDC_ALLOWED_DOMAINS')).map((domain) => domain.toLowerCase())),
  });
}

function useLimits(whose: string, text: (name: string) => string | undefined): UseLimits {
  const limit = (name: string): number | null => {
    const value = text(`${whose}_${name}`);
    return value === undefined ? null : integer(`${whose}_${name}`, value, 0, Number.MAX_SAFE_INTEGER);
  };
  return Object.freeze({
    concurrentRuns: limit('MAX_RUNNING'),
    queuedRuns: limit('MAX_QUEUED'),
    storageBytes: limit('MAX_BYTES'),
  });
}

function isOn(name: string, value: string | undefined): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false') throw new ConfigError(name, 'true or false', value);
  return value === 'true';
}

function integer(name: string, value: string | undefined, byDefault: number, maximum: number, minimum = 0): number {
  if (value === undefined) return byDefault;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > maximum || number < minimum)
    throw new ConfigError(name, `an integer from ${minimum} to ${maximum}`, value);
  return number;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const isPrefix = bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  return version !== 0 && rest.length === 0 && isPrefix;
}

/** `true` stands for private networks: a proxy that everybody is would let anybody pretend any address. */
function trustProxy(value: string | undefined): string | null {
  if (value === undefined || value === 'false') return null;
  if (value === 'true') return NAMED_NETWORKS.join(',');
  if (!list(value).every((item) => NAMED_NETWORKS.includes(item) || isNetwork(item)))
    throw new ConfigError('TRUST_PROXY', 'true, or a list of addresses and networks such as 10.0.0.0/8', value);
  return list(value).join(',');
}

function databaseUrl(value: string | undefined): string | null {
  if (value === undefined) return null;
  const protocol = URL.canParse(value) ? new URL(value).protocol : '';
  // The URL may contain a password, so it is not repeated in the message.
  if (protocol !== 'postgres:' && protocol !== 'postgresql:')
    throw new ConfigError('DATABASE_URL', 'an address such as postgresql://user:password@host:5432/database', '...');
  return value;
}

function logLevel(value: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((known) => known === (value ?? 'info').toLowerCase());
  if (!level) throw new ConfigError('LOG_LEVEL', `one of ${LOG_LEVELS.join(', ')}`, value ?? '');
  return level;
}

const list = (value: string | undefined) =>
  (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function origin(value: string): string {
  if (value === '*') return value;
  if (!URL.canParse(value) || new URL(value).origin !== value.replace(/\/$/, ''))
    throw new ConfigError('CORS_ORIGINS', 'a list of origins such as https://example.org', value);
  return new URL(value).origin;
}

/** Whether only this machine can reach it. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
