/** One request: valid as far as that can be known, or spoiled in some way. */
import type { Sent } from '../harness/requests.ts';
import type { Api, Operation } from './document.ts';
import type { Draw } from './draw.ts';
import { BODIES, QUERIES } from './known-good.ts';
import { spoil, spoilText, TEXTS } from './mutate.ts';
import type { Things } from './things.ts';
import { valueOf } from './values.ts';

/** Share of requests that are left as they are. */
const VALID = 0.5;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

/** What the argon2 hash makes slow by design, and what ends the key that asks. */
const LEFT_OUT = new Set([
  'POST /v1/session',
  'DELETE /v1/session',
  'POST /v1/invitations/accept',
  'POST /v1/me/password',
]);

export function wildRequest(api: Api, draw: Draw, things: Things, headers: Readonly<Record<string, string>>): Sent {
  const operations = api.operations.filter(({ method, path }) => !LEFT_OUT.has(`${method} ${path}`));
  const operation = draw.pick(operations);
  const isSpoiled = !draw.chance(VALID);
  const path = addressOf(operation, api, draw, things, isSpoiled);
  const { type, content } = bodyOf(operation, api, draw, things, isSpoiled);
  const method = isSpoiled && draw.chance(0.1) ? draw.pick(METHODS) : operation.method;
  const sent: Sent = {
    method: LEFT_OUT.has(`${method} ${operation.path}`) ? operation.method : method,
    path,
    headers: {
      ...headers,
      ...(type === null ? {} : { 'content-type': type }),
      ...(content === null ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
      ...(isSpoiled && draw.chance(0.2) ? draw.pick(ODD_HEADERS) : {}),
      ...(draw.chance(0.1) && operation.method === 'POST' ? { 'idempotency-key': `key ${draw.below(30)}` } : {}),
    },
    ...(content === null ? {} : { body: content }),
  };
  return sent;
}

const ODD_HEADERS: readonly Record<string, string | string[]>[] = [
  { host: 'example.org' },
  { host: '' },
  { origin: 'https://example.org' },
  { authorization: 'Bearer rlm_x_y' },
  { authorization: 'Basic \u00ff' },
  { cookie: 'relumine_session=x; relumine_session=y' },
  { range: 'bytes=0-2147483648' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'br' },
  { 'content-type': 'text/csv' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/json; charset=utf-16' },
  { accept: 'x'.repeat(4000) },
  { 'x-forwarded-for': '1.2.3.4, ::1', 'x-forwarded-host': 'example.org' },
  { 'if-none-match': '*' },
  { 'idempotency-key': 'x'.repeat(300) },
  { expect: '100-continue' },
  { 'x-http-method-override': 'DELETE' },
];

function addressOf(operation: Operation, api: Api, draw: Draw, things: Things, isSpoiled: boolean): string {
  const { path, parameters } = operation;
  const isSpoiledHere = (): boolean => isSpoiled && draw.chance(0.25);
  const filled = path.replace(/\{(\w+)\}/g, (_, parameter: string) =>
    isSpoiledHere() ? encoded(draw.pick(TEXTS), draw) : encodeURIComponent(things.forParameter(draw, path, parameter)),
  );
  const query: string[] = [];
  for (const parameter of parameters) {
    if (parameter.in !== 'query' || !(parameter.required || draw.chance(0.3))) continue;
    const { name } = parameter;
    const text = isSpoiledHere() ? draw.pick(TEXTS) : queryText(name, parameter.schema, api, draw, things);
    query.push(`${name}=${isSpoiledHere() ? encoded(text, draw) : encodeURIComponent(text)}`);
    if (isSpoiled && draw.chance(0.05)) query.push(`${name}=x`);
  }
  if (isSpoiled && draw.chance(0.1)) query.push(draw.pick(['x', 'limit', '__proto__=1', '&&', '%=%', 'a[b]=1']));
  return `${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

function queryText(
  name: string,
  schema: Operation['parameters'][number]['schema'],
  api: Api,
  draw: Draw,
  things: Things,
): string {
  if (name === 'after' && things.cursors.length > 0) {
    const cursor = draw.pick(things.cursors);
    return draw.chance(0.5) ? cursor : spoilText(cursor, draw).slice(0, 900);
  }
  const known = QUERIES[name];
  if (known && draw.chance(0.8)) return draw.pick(known);
  const value = valueOf(api, schema, draw);
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** As it is, which is often no valid address, or encoded. */
const encoded = (text: string, draw: Draw): string =>
  draw.chance(0.3)
    ? // oxlint-disable-next-line no-control-regex -- Node refuses to send these; a raw socket is for `slow`.
      text.replace(/[\0-\x20\x7f-\uffff?#]/g, '')
    : encodeURIComponent(text.replace(/\p{Surrogate}/gu, ''));

function bodyOf(
  operation: Operation,
  api: Api,
  draw: Draw,
  things: Things,
  isSpoiled: boolean,
): { type: string | null; content: string | null } {
  const type = Object.keys(operation.bodies).includes('application/json')
    ? 'application/json'
    : Object.keys(operation.bodies)[0];
  if (type === undefined) return isSpoiled && draw.chance(0.05) ? { type: 'application/json', content: '{}' } : NONE;
  if (type !== 'application/json')
    return { type, content: isSpoiled ? spoilText('x,y\n1,2\n3,4\n', draw) : 'x,y\n1,2\n3,4\n' };
  const maker = BODIES[`${operation.method} ${operation.path}`];
  const schema = operation.bodies[type]?.schema ?? {};
  let value = maker && draw.chance(0.8) ? maker(draw, things) : valueOf(api, schema, draw);
  for (let count = isSpoiled ? draw.below(3) : 0; count > 0; count--) value = spoil(value, draw);
  const text = JSON.stringify(value) ?? '';
  return { type, content: isSpoiled && draw.chance(0.2) ? spoilText(text, draw) : text };
}
const NONE = { type: null, content: null };
