/**
 * The JSON gateway of etcd 3.4 and later: the few calls that discovery needs.
 * Source: https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
 */
import { fieldOf, listAt, parseJson, textAt } from '../json-value.ts';
import { type CallPorts, callRegistry, openRegistry, type RegistryCall } from '../registry-http.ts';
import { refusal, RegistryError, shortened } from '../registry-rounds.ts';
import type { RegistryTls } from '../registry-tls.ts';

export interface EtcdProvider {
  /** At least one; the next one is asked when one fails. */
  readonly urls: readonly string[];
  /** Null: without authentication. */
  readonly user: string | null;
  readonly password: string | null;
  readonly tls: Pick<RegistryTls, 'read'>;
}

export interface KeyRange {
  readonly clusterId: string;
  readonly revision: bigint;
  /** Values by key. */
  readonly values: ReadonlyMap<string, string>;
}

export type KeyEvent =
  | { readonly key: string; readonly value: string } /** Deleted, or its lease expired. */
  | { readonly key: string; readonly value: null };

export interface WatchAnswer {
  readonly revision: bigint;
  /** Empty: there was nothing up to this revision. */
  readonly events: readonly KeyEvent[];
}

/** The revision to watch from is no longer stored: list again. */
export class Compacted extends Error {}

/** gRPC's number for a token that expired, or that a restarted server does not know. */
const UNAUTHENTICATED = 16;

export class EtcdClient {
  readonly #provider: EtcdProvider;
  /** Of the server that answered last. */
  #at = 0;
  #token: string | null = null;

  constructor(provider: EtcdProvider) {
    this.#provider = provider;
  }

  /** All keys with the prefix, as a majority of the cluster knows them. Rejects when no server answers. */
  async range(prefix: string, ports: CallPorts): Promise<KeyRange> {
    const answer = await this.#ask('/v3/kv/range', rangeOf(prefix), ports);
    const kvs = listAt(answer, 'kvs');
    const revision = revisionIn(answer);
    if (kvs === undefined || revision === null) throw new Error('etcd did not answer with a range of keys');
    return {
      clusterId: textAt(answer, 'header', 'cluster_id') ?? '',
      revision,
      values: new Map(kvs.map((kv) => [keyOf(kv), decoded(fieldOf(kv, 'value'))])),
    };
  }

  /** Rejects with {@link Compacted} if there is a gap. @param wallMs it ends by then */
  async *watch(prefix: string, from: bigint, ports: CallPorts, wallMs: number): AsyncGenerator<readonly WatchAnswer[]> {
    const create = { ...rangeOf(prefix), start_revision: String(from), progress_notify: true };
    const call = await this.#call('/v3/watch', { create_request: create });
    // Without it, a server that has lost its cluster is silent.
    const headers = { ...call.headers, 'grpc-metadata-hasleader': 'true' };
    const answer = await openRegistry({ ...call, headers }, ports, wallMs);
    if (answer.status !== 200) throw this.#failure(answer.status, await answer.text(), answer.headers['retry-after']);
    for await (const lines of answer.batches()) yield lines.map(readWatchAnswer);
  }

  /** From one server after the other, beginning with the one that answered last. */
  async #ask(path: string, body: object, ports: CallPorts): Promise<unknown> {
    const { length } = this.#provider.urls;
    for (let left = length; ; left -= 1) {
      try {
        return await this.#askOne(path, body, ports);
      } catch (error) {
        if (ports.signal.aborted || error instanceof Refused || left === 1) throw error;
        this.#at = (this.#at + 1) % length;
        // A server that was restored may not know it.
        this.#token = null;
      }
    }
  }

  async #askOne(path: string, body: object, ports: CallPorts): Promise<unknown> {
    const { user } = this.#provider;
    const hadToken = this.#token !== null;
    if (user !== null) this.#token ??= await this.#authenticate(user, ports);
    try {
      return await this.#post(path, body, ports);
    } catch (error) {
      if (!(error instanceof Unauthenticated) || user === null || !hadToken) throw error;
      this.#token = await this.#authenticate(user, ports);
      return this.#post(path, body, ports);
    }
  }

  async #authenticate(name: string, ports: CallPorts): Promise<string | null> {
    this.#token = null;
    const { password } = this.#provider;
    try {
      return textAt(await this.#post('/v3/auth/authenticate', { name, password: password ?? '' }, ports), 'token');
    } catch (error) {
      if (error instanceof Error && /authentication is not enabled/.test(error.message)) return null;
      throw error;
    }
  }

  async #post(path: string, body: object, ports: CallPorts): Promise<unknown> {
    const { status, headers, text } = await callRegistry(await this.#call(path, body), ports);
    if (status !== 200) throw this.#failure(status, text, headers['retry-after']);
    return parseJson(text, 'the answer of etcd');
  }

  async #call(path: string, body: object): Promise<RegistryCall> {
    const { urls, tls } = this.#provider;
    return {
      method: 'POST',
      url: new URL(urls[this.#at]!.replace(/\/+$/, '') + path),
      headers: this.#token === null ? {} : { authorization: this.#token },
      body: JSON.stringify(body),
      tls: await tls.read(),
    };
  }

  #failure(status: number, text: string, retryAfter: string | undefined): Error {
    const { user } = this.#provider;
    const { code, message } = errorIn(text);
    // The revision of users and roles, which a token names, has changed.
    if (code === UNAUTHENTICATED || /auth: revision in header is old/.test(message)) {
      this.#token = null;
      return new Unauthenticated(`etcd does not accept the token of user ${user}: ${message}`);
    }
    if (status === 403)
      return new Refused(`user ${user} needs a role with permission to read the prefix (403): ${message}`);
    if (/user name is empty/.test(message)) return new Refused('etcd requires authentication: set user and password');
    if (status === 400 && /authentication failed/.test(message))
      return new Refused(`etcd does not accept the password of user ${user}`);
    if (status === 404) return new RegistryError('it has no /v3 gateway (404); etcd 3.4 has it');
    return refusal(status, retryAfter, message);
  }
}

/** Another server would say the same. */
class Refused extends RegistryError {}
class Unauthenticated extends RegistryError {}

function readWatchAnswer(line: string): WatchAnswer {
  const answer = parseJson(line, 'an event of the watch');
  const error = textAt(answer, 'error', 'message') ?? textAt(answer, 'error');
  if (error !== null) throw new Error(`the watch failed: ${shortened(error)}`);
  const result = fieldOf(answer, 'result');
  const revision = revisionIn(result);
  const events = listAt(result, 'events');
  if (fieldOf(result, 'canceled') === true) {
    if (fieldOf(result, 'compact_revision') !== undefined) throw new Compacted();
    throw new Error(`etcd ended the watch: ${shortened(textAt(result, 'cancel_reason') ?? 'no reason given')}`);
  }
  if (revision === null || events === undefined) throw new Error('an event of the watch has no revision');
  return { revision, events: events.map(readEvent) };
}

function readEvent(event: unknown): KeyEvent {
  const kv = fieldOf(event, 'kv');
  const key = keyOf(kv);
  const type = fieldOf(event, 'type') ?? 'PUT';
  if (type === 'DELETE') return { key, value: null };
  if (type !== 'PUT') throw new Error('an event of the watch has no known type');
  return { key, value: decoded(fieldOf(kv, 'value')) };
}

/** Every key that begins with the prefix, as gRPC's range of bytes. */
function rangeOf(prefix: string): { readonly key: string; readonly range_end: string } {
  const key = Buffer.from(prefix);
  const end = Buffer.from(key);
  // UTF-8 has no byte 255, so that the last byte can always be one more.
  end[end.length - 1]! += 1;
  return { key: key.toString('base64'), range_end: end.toString('base64') };
}

function keyOf(kv: unknown): string {
  const key = textAt(kv, 'key');
  if (key === null) throw new Error('etcd answered with a key that has no name');
  return decoded(key);
}

/** Empty values are left out. */
function decoded(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}

function revisionIn(answer: unknown): bigint | null {
  const revision = textAt(answer, 'header', 'revision');
  return revision !== null && /^\d{1,19}$/.test(revision) ? BigInt(revision) : null;
}

function errorIn(text: string): { readonly code: number; readonly message: string } {
  try {
    const answer: unknown = JSON.parse(text);
    const code = fieldOf(answer, 'code');
    const message = textAt(answer, 'error') ?? textAt(answer, 'message') ?? '';
    return { code: typeof code === 'number' ? code : 0, message: shortened(message) };
  } catch {
    return { code: 0, message: shortened(text) };
  }
}
