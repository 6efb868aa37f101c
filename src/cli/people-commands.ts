/** Sign in on the command line; keys, and invitations. */
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { RelumineApiError, RelumineClient } from '../client/index.ts';
import {
  KEY_SCOPES,
  PROJECT_ROLES,
  type CreatedKey,
  type ErrorAnswer,
  type Key,
  type KeyScope,
  type Me,
  type ProjectRole,
} from '../vocabulary/index.ts';
import { ask, readPassword } from './ask.ts';
import { keep, keptFor } from './credentials.ts';
import { clean } from './text.ts';
import { connect, examples, print, type Common, type Verb } from './verb.ts';

/** Then one has to sign in again. */
const KEY_DAYS = 90;
const DAY_MS = 24 * 3600 * 1000;
const SCOPES = `what it may do: ${KEY_SCOPES.join(', ')}`;

export function addPeopleCommands(program: Command, verb: Verb): void {
  verb('login', 'sign in, and keep a key for the commands that follow')
    .option('--name <name>', 'name or e-mail address; asked for by default')
    .option('--scope <scope>', SCOPES, 'admin')
    .option('--with-key', 'keep a key that was made on the page, instead of signing in with a password')
    .addHelpText(
      'after',
      examples('relumine login --url https://relumine.example.org', 'relumine login --with-key < key.txt'),
    )
    .action(async (options: Common & { name?: string; scope: string; withKey?: true }) => {
      const key = options.withKey ? await required('Key: ', 'key') : await makeKey(options);
      const { person } = await new RelumineClient(options.url, { apiKey: key }).me();
      if (!person) throw new Error(`Nobody is registered at ${options.url}, so there is no need to sign in.`);
      keep(options.credentials, options.url, { name: person.name, key });
      print({ url: options.url, person }, options, `Signed in at ${options.url} as ${clean(person.name)}.`);
    });

  verb('logout', 'revoke the key that login has kept, and forget it').action(async (options: Common) => {
    const kept = keptFor(options.credentials, options.url);
    if (!kept) throw new Error(`Not signed in at ${options.url}.`);
    try {
      await new RelumineClient(options.url, { apiKey: kept.key }).session.signOut();
    } catch (error) {
      // It was revoked already, or has expired.
      if (!(error instanceof RelumineApiError) || error.status !== 401) throw error;
    }
    keep(options.credentials, options.url, null);
    print({ url: options.url, signedOut: true }, options, `Signed out at ${options.url}.`);
  });

  verb('whoami', 'say who one is at the service').action(async (options: Common) => {
    const me = await connect(options).me();
    print(me, options, describeMe(me));
  });

  const keys = program.command('keys').description('keys of programs');
  verb('list', "list one's keys", keys).action(async (options: Common) => {
    const list = await connect(options).keys.list();
    print(list, options, list.map(describeKey).join('\n') || 'no keys');
  });
  verb('create', 'make a key, which is shown only once', keys)
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope>', SCOPES, 'write')
    .option('--expires <time>', 'ISO 8601; never by default')
    .option('--person <name>', 'a service account; for owners')
    .addHelpText('after', examples('relumine keys create --name nightly --expires 2027-01-31'))
    .action(async (options: Common & { name: string; scope: string; expires?: string; person?: string }) => {
      const { name, scope, expires, person } = options;
      const created = await connect(options).keys.create({
        name,
        scopes: [scope as KeyScope],
        ...(expires !== undefined && { expiresAt: expires }),
        ...(person !== undefined && { person }),
      });
      print(created, options, created.key);
    });
  verb('revoke', 'revoke a key', keys)
    .argument('<id>', 'id, as in `relumine keys list`')
    .action(async (id: string, options: Common) => {
      await connect(options).keys.revoke(id);
      print({ id, revoked: true }, options, `${id}  revoked`);
    });

  verb('invite', 'make a link with which somebody registers')
    .option('--project <project>', 'id or name of a project to become a member of')
    .option('--role <role>', `role in the project: ${PROJECT_ROLES.join(', ')}`)
    .option('--email <address>', 'for whom it is')
    .option('--owner', 'as an owner, who may do everything')
    .addHelpText('after', examples('relumine invite --project default --role member', 'relumine invite --owner'))
    .action(async (options: Common & { project?: string; role?: string; email?: string; owner?: true }) => {
      const { project, role, email, owner } = options;
      const created = await connect(options).invitations.create({
        ...(project !== undefined && { project }),
        ...(role !== undefined && { role: role as ProjectRole }),
        ...(email !== undefined && { email }),
        ...(owner && { asOwner: true }),
      });
      print(created, options, created.url);
    });
}

async function required(question: string, what: string): Promise<string> {
  const given = await readPassword(question);
  if (given === null) throw new Error(`There is no ${what}. Type it, or send it to standard input.`);
  return given.trim();
}

/** A session, which makes the key and ends. */
async function makeKey({ url, name, scope }: Common & { name?: string; scope: string }): Promise<string> {
  if (name === undefined && !process.stdin.isTTY) throw new Error('Say who you are with --name NAME.');
  const who = name ?? (await ask('Name: '));
  const password = await required('Password: ', 'password');
  const { cookie } = await send(url, 'POST', '/v1/session', { body: { name: who, password } });
  const expiresAt = new Date(Date.now() + KEY_DAYS * DAY_MS).toISOString();
  try {
    const body = { name: `relumine login on ${hostname()}`, scopes: [scope], expiresAt };
    return ((await send(url, 'POST', '/v1/keys', { cookie, body })).answer as CreatedKey).key;
  } finally {
    await send(url, 'DELETE', '/v1/session', { cookie });
  }
}

/** With a cookie, which the client does not keep: it is for programs with keys. */
async function send(
  url: string,
  method: string,
  path: string,
  { cookie = '', body }: { cookie?: string; body?: object },
): Promise<{ answer: unknown; cookie: string }> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(cookie && { cookie }), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new RelumineApiError('UNREACHABLE', 0, `Cannot reach ${url}.`, { cause });
  });
  const text = await response.text();
  const answer: unknown = text === '' ? null : JSON.parse(text);
  if (!response.ok) {
    const { code, message, details } = (answer as ErrorAnswer).error;
    throw new RelumineApiError(code, response.status, message, { details });
  }
  return { answer, cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}

function describeMe({ via, person, isOwner, projects }: Me): string {
  if (via === 'open') return 'Nobody is registered: everything is open.';
  return [
    `${clean(person?.name ?? '')}${isOwner ? ', an owner' : ''}`,
    ...projects.map(({ name, role }) => `  ${clean(name)}  ${role}`),
  ].join('\n');
}

const describeKey = ({ id, prefix, name, person, scopes, expiresAt, lastUsedAt }: Key): string =>
  [
    id,
    `${prefix}_...`,
    clean(name),
    clean(person.name),
    scopes.join(','),
    expiresAt ? `expires ${expiresAt}` : 'does not expire',
    lastUsedAt ? `used ${lastUsedAt}` : 'never used',
  ].join('  ');
