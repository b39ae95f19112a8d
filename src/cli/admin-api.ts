/** The admin API for commands: one call, and a message for every possible failure. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setDefaultCACertificates } from 'node:tls';
import { UNTRUSTED_AUTHORITY_CODES } from '../net/core/net-vocabulary.ts';
import { readVariable, type Environment } from '../config/file/read-variable.ts';
import type { Context } from './context.ts';
import type { ErrorBody, ErrorCode } from '../errors.ts';
import { fileReason } from '../runtime/file-reason.ts';
import type { OptionTable } from './option-table.ts';
import { CommandFailure, UsageError } from './read-words.ts';
import { harmless } from './top/text.ts';

const TIMEOUT_MS = 15_000;
const DEFAULT_URL = 'http://127.0.0.1:9000';

export const ADMIN_OPTIONS = {
  admin: {
    type: 'string',
    value: 'URL',
    help: `address of the admin API, or SLUICE_ADMIN_URL (${DEFAULT_URL})`,
  },
  token: {
    type: 'string',
    value: 'TOKEN',
    help: 'bearer token; better in SLUICE_ADMIN_TOKEN, which nobody sees in ps',
  },
  'ca-file': {
    type: 'string',
    value: 'FILE',
    completes: 'file',
    help: 'PEM file with the authorities to trust, instead of public ones',
  },
} as const satisfies OptionTable;

export interface AdminAddress {
  readonly url: string;
  readonly token: string | undefined;
}

/** From flags and environment; the process trusts `--ca-file` from then on. Throws a UsageError. */
export function adminAddress(
  values: {
    readonly admin: string | undefined;
    readonly token: string | undefined;
    readonly 'ca-file': string | undefined;
  },
  { cwd, env }: Pick<Context, 'cwd' | 'env'>,
): AdminAddress {
  const named = env['SLUICE_ADMIN_URL'] || DEFAULT_URL;
  const url = values.admin === undefined ? httpUrl('SLUICE_ADMIN_URL', named) : httpUrl('--admin', values.admin);
  trustFile(values['ca-file'], cwd);
  return { url: url.origin + url.pathname.replace(/\/+$/, ''), token: values.token ?? tokenOf(env) };
}

function tokenOf(env: Environment): string | undefined {
  const { value, mistake } = readVariable(env, 'SLUICE_ADMIN_TOKEN');
  if (mistake !== undefined) throw new UsageError(mistake);
  return value;
}

/** The process trusts its authorities from then on, and no others. Throws a UsageError. */
export function trustFile(caFile: string | undefined, cwd: string): void {
  if (caFile !== undefined) setDefaultCACertificates(authoritiesIn(resolve(cwd, caFile)));
}

/** PEM. The file may have a key, too: `internal-ca.pem` of a gateway on this machine does. */
function authoritiesIn(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--ca-file: ${file} cannot be read: ${fileReason(error)}`);
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (certificates === null) throw new UsageError(`--ca-file: ${file} contains no PEM certificate`);
  return certificates;
}

/** Throws a UsageError. */
export function httpUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new UsageError(`${name}: found '${text}', allowed is a URL such as http://127.0.0.1:9000`);
}

/** The gateway has answered, with an error. */
export class AdminRefusal extends CommandFailure {
  readonly status: number;
  /** Undefined: it is not one of ours, such as the error of a proxy in between. */
  readonly code: ErrorCode | undefined;

  constructor(message: string, status: number, code: ErrorCode | undefined) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** There is no answer: the gateway is stopped, or the address is wrong. */
export class AdminUnreachable extends CommandFailure {}

export interface AdminAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/**
 * The answer if its status is below 400. Throws a CommandFailure with the API's message, including every wrong field.
 */
export async function callAdmin<Body>(
  { url, token }: AdminAddress,
  method: string,
  path: string,
  body?: object,
): Promise<AdminAnswer<Body>> {
  const { response, text } = await send({ url, token }, method, path, body);
  const parsed = parseJson(text);
  if (parsed === undefined && text !== '')
    throw new CommandFailure(`${url} is not an admin API: the answer is not JSON`);
  return { status: response.status, headers: response.headers, body: parsed as Body };
}

/** The body of a GET that lasts: a stream of text. Throws as {@link callAdmin}. */
export async function streamAdmin(address: AdminAddress, path: string): Promise<AsyncIterable<string>> {
  const response = await request(address, 'GET', path);
  if (response.status >= 400) throw refused(response.status, await response.text(), address);
  return response.body!.pipeThrough(new TextDecoderStream());
}

/** The text of a GET, whatever its type. Throws as {@link callAdmin}. */
export async function readAdmin(address: AdminAddress, path: string): Promise<string> {
  return (await send(address, 'GET', path)).text;
}

async function send(
  address: AdminAddress,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly response: Response; readonly text: string }> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await request(address, method, path, { body, signal });
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw unreachable(address.url, error);
  }
  if (response.status >= 400) throw refused(response.status, text, address);
  return { response, text };
}

async function request(
  { url, token }: AdminAddress,
  method: string,
  path: string,
  { body, signal }: { readonly body?: object | undefined; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (token !== undefined && token !== '') headers['authorization'] = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return await fetch(url + path, { method, headers, ...sent, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    throw unreachable(url, error);
  }
}

function unreachable(url: string, error: unknown): AdminUnreachable {
  return new AdminUnreachable(`cannot reach the admin API at ${url}: ${reasonOf(error)}${hintOf(error)}`);
}

function refused(status: number, text: string, { url, token }: AdminAddress): AdminRefusal {
  const parsed = parseJson(text);
  const body = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Partial<ErrorBody>;
  return new AdminRefusal(refusal(status, body, token, url), status, body.error);
}

/** Why a fetch failed: `connection refused`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { code = '', message } = (error.cause ?? error) as { code?: string; message?: string };
  if (UNTRUSTED_AUTHORITY_CODES.includes(code)) return 'the authority of its certificate is not trusted';
  if (/_UNRECOGNIZED_NAME$|_MISSING_EXTENSION$/.test(code)) return 'it has no certificate for this name';
  return REASONS[code] ?? (message || error.message);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  ECONNRESET: 'the connection was closed',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
};

function hintOf(error: unknown): string {
  return isUntrusted(error) ? CA_FILE_HINT : '; start the gateway, or name another address with --admin';
}

export const CA_FILE_HINT = '; give it with --ca-file: sluice trust --help';

/** A fetch failed because nobody that we trust has issued the certificate. */
export function isUntrusted(error: unknown): boolean {
  const { code = '' } = ((error as Error).cause ?? {}) as { code?: string };
  return UNTRUSTED_AUTHORITY_CODES.includes(code);
}

function refusal(
  status: number,
  { message = '', error, details = [] }: Partial<ErrorBody>,
  token: string | undefined,
  url: string,
): string {
  const hint =
    status !== 401
      ? ''
      : token === undefined || token === ''
        ? '; give one in SLUICE_ADMIN_TOKEN or --token'
        : '; the gateway does not know this token';
  const what =
    error === undefined
      ? `${url} answered ${status}${message === '' ? '' : `: ${message}`}`
      : `${status} ${error}: ${message}`;
  return [what + hint, ...details.map((each) => `  ${detailText(each)}`)]
    .flatMap((text) => text.split('\n'))
    .map(harmless)
    .join('\n');
}

/** Problems of a configuration name line and path themselves. */
function detailText({ field, message }: { readonly field: string; readonly message: string }): string {
  return message.includes(`${field}: `) ? message : `${field}: ${message}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
