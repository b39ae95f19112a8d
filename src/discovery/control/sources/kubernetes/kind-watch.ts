/**
 * All objects of a kind, in a namespace or in all of them, for everyone who needs some of them: a list, then a watch of
 * what changes, then a list again after at most four minutes. The API server is Kubernetes 1.21 or later.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import type { SourcePorts } from '../../source.ts';
import { fieldOf, listAt, parseJson, textAt } from '../json-value.ts';
import { AnswerTooLarge, callRegistry, openRegistry, type RegistryCall } from '../registry-http.ts';
import { refusal, RegistryError, type RegistryPorts, repeatRounds, shortened } from '../registry-rounds.ts';
import type { ClusterAccess, ClusterLogin } from './cluster-access.ts';

export interface WatchedKind<T> {
  /** `discovery.k8s.io/v1`; of the core group `v1`. */
  readonly apiVersion: string;
  readonly plural: string;
  readonly kind: string;
  /** What to do if the API server does not have it. */
  readonly missing: string;
  /** Throws Error if it has another shape: the list is then worth nothing, and the last one stands. */
  readonly read: (object: unknown) => T;
  /** What listeners choose objects by, within their namespace. */
  readonly groupOf: (object: unknown) => string;
}

export interface KindListener<T> {
  /** All objects of the group, whenever one of them changed or all were confirmed. */
  readonly onObjects: (objects: readonly T[]) => void;
  readonly onFailed: (reason: string) => void;
}

export type WatchPorts = Pick<RegistryPorts, 'nowMs' | 'schedule' | 'random' | 'lookup'>;

/** Of a watch, and with jitter up to a third more. Below the age that operators are alerted about. */
const WATCH_SECONDS = 180;
/** The API server ends a watch by itself; one that it does not end is dead. */
const GRACE_MS = 15_000;
/** Objects in one answer; the rest follows. Fewer, if the answer is too large: an object may have 1.5 MiB. */
const PAGES = [500, 50, 5] as const;
/** The namespace of the gateway's pod, or of the kubeconfig. */
export const OWN_NAMESPACE = '';
export const ALL_NAMESPACES = '*';

/** The API server asks for another list. */
class Expired extends Error {}

interface Entry<T> {
  readonly group: string;
  readonly object: T;
}

interface Listening<T> extends KindListener<T> {
  /** Null: all objects. */
  readonly group: string | null;
}

export class KindWatch<T> {
  readonly #kind: WatchedKind<T>;
  readonly #namespace: string;
  readonly #login: ClusterLogin;
  readonly #ports: WatchPorts;
  readonly #listeners = new Set<Listening<T>>();
  /** By group, then by namespace and name. */
  #groups = new Map<string, Map<string, T>>();
  #isListed = false;
  #failure: string | null = null;
  #rounds: ReturnType<typeof repeatRounds> | null = null;

  constructor(kind: WatchedKind<T>, namespace: string, login: ClusterLogin, ports: WatchPorts) {
    this.#kind = kind;
    this.#namespace = namespace;
    this.#login = login;
    this.#ports = ports;
  }

  /** @param of null: all objects. @returns ends it: the listener is not called any more */
  listen(of: { readonly namespace: string; readonly group: string } | null, listener: KindListener<T>): () => void {
    const group = of === null ? null : this.#groupKey(of.namespace, of.group);
    const listening = { ...listener, group };
    this.#listeners.add(listening);
    if (this.#rounds === null) this.#start();
    else if (this.#isListed) this.#tell(listening);
    else if (this.#failure !== null) listener.onFailed(this.#failure);
    return () => {
      this.#listeners.delete(listening);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  #start(): void {
    const report: SourcePorts['report'] = (answer) => {
      if (answer.kind !== 'failed') return;
      this.#failure = answer.reason;
      for (const { onFailed } of this.#listeners) onFailed(answer.reason);
    };
    const log = { info: () => {}, warn: () => {} };
    this.#rounds = repeatRounds((signal) => this.#round(signal), { ...this.#ports, report, log });
    this.#rounds.start();
  }

  #stop(): void {
    this.#rounds?.stop();
    this.#rounds = null;
    this.#isListed = false;
    this.#failure = null;
    this.#groups = new Map();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const version = await this.#list(signal);
    if (signal.aborted) return;
    this.#isListed = true;
    this.#tellAll(null);
    try {
      await this.#watch(version, signal);
    } catch (error) {
      if (!(error instanceof Expired)) throw error;
    }
  }

  /** @returns the version that the list is of */
  async #list(signal: AbortSignal): Promise<string> {
    let failure: unknown;
    for (const limit of PAGES) {
      try {
        // From the start: a page goes on only with the same limit.
        return await this.#listBy(limit, signal);
      } catch (error) {
        if (!(error instanceof Error && error.cause instanceof AnswerTooLarge)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #listBy(limit: number, signal: AbortSignal): Promise<string> {
    const { kind } = this.#kind;
    const groups = new Map<string, Map<string, T>>();
    let more: string | null = null;
    for (;;) {
      const text: string = await this.#page({ limit: String(limit), ...(more !== null && { continue: more }) }, signal);
      const answer = parseJson(text, `the list of ${kind}s`);
      const version = textAt(answer, 'metadata', 'resourceVersion');
      const items = listAt(answer, 'items');
      if (fieldOf(answer, 'kind') !== `${kind}List` || version === null || items === undefined)
        throw new Error(`the API server did not answer with ${an(kind)}List`);
      for (const item of items) put(groups, this.#keyOf(item), this.#entryOf(item));
      more = textAt(answer, 'metadata', 'continue');
      if (more !== null) continue;
      if (!signal.aborted) this.#groups = groups;
      return version;
    }
  }

  async #page(query: Readonly<Record<string, string>>, signal: AbortSignal, isAgain = false): Promise<string> {
    const cluster = await this.#login.access();
    const { schedule, lookup } = this.#ports;
    const { status, headers, text } = await callRegistry(this.#call(cluster, query), { signal, schedule, lookup });
    if (status === 200) return text;
    const error = this.#refused(status, text, headers['retry-after'], cluster);
    // The token may have been replaced a moment ago.
    if (status === 401 && !isAgain) return this.#page(query, signal, true);
    throw error;
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const cluster = await this.#login.access();
    const { schedule, lookup, random } = this.#ports;
    const seconds = Math.round(WATCH_SECONDS * (1 + random() / 3));
    const call = this.#call(cluster, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(seconds),
    });
    const answer = await openRegistry(call, { signal, schedule, lookup }, seconds * 1000 + GRACE_MS);
    if (answer.status === 410) return void (await answer.text());
    if (answer.status !== 200)
      throw this.#refused(answer.status, await answer.text(), answer.headers['retry-after'], cluster);
    for await (const lines of answer.batches()) {
      const changed = new Set<string>();
      let isConfirmed = false;
      for (const line of lines) {
        const group = this.#applyEvent(parseJson(line, 'an event of the watch'));
        if (group === null) isConfirmed = true;
        else for (const each of group) changed.add(each);
      }
      if (signal.aborted) return;
      // A bookmark says that there is nothing else.
      this.#tellAll(isConfirmed ? null : changed);
    }
  }

  /** @returns the groups that changed; null: there is nothing else than what is known */
  #applyEvent(event: unknown): readonly string[] | null {
    const object = fieldOf(event, 'object');
    const type = fieldOf(event, 'type');
    switch (type) {
      case 'ADDED':
      case 'MODIFIED': {
        const key = this.#keyOf(object);
        const entry = this.#entryOf(object);
        const before = remove(this.#groups, key);
        put(this.#groups, key, entry);
        return [...before, entry.group];
      }
      case 'DELETED':
        return remove(this.#groups, this.#keyOf(object));
      case 'BOOKMARK':
        return null;
      case 'ERROR':
        if (fieldOf(object, 'code') === 410) throw new Expired();
        throw new Error(`the watch failed: ${shortened(textAt(object, 'message') ?? 'no reason given')}`);
      default:
        throw new Error('an event of the watch has no known type');
    }
  }

  #keyOf(object: unknown): string {
    const name = textAt(object, 'metadata', 'name');
    if (name === null) throw new Error(`${an(this.#kind.kind)} has no name`);
    return `${textAt(object, 'metadata', 'namespace') ?? ''}/${name}`;
  }

  #entryOf(object: unknown): Entry<T> {
    const namespace = textAt(object, 'metadata', 'namespace') ?? '';
    const group = this.#groupKey(namespace, this.#kind.groupOf(object));
    return { group, object: this.#kind.read(object) };
  }

  #groupKey(namespace: string, group: string): string {
    return this.#namespace === ALL_NAMESPACES ? `${namespace}/${group}` : group;
  }

  /** @param groups null: all */
  #tellAll(groups: ReadonlySet<string> | null): void {
    this.#failure = null;
    for (const listener of this.#listeners) {
      const { group } = listener;
      const isMeant = groups === null || (group === null ? groups.size > 0 : groups.has(group));
      if (isMeant) this.#tell(listener);
    }
  }

  #tell({ group, onObjects }: Listening<T>): void {
    const groups = group === null ? [...this.#groups.values()] : [this.#groups.get(group) ?? new Map<string, T>()];
    onObjects(groups.flatMap((objects) => [...objects.values()]));
  }

  #call(cluster: ClusterAccess, query: Readonly<Record<string, string>>): RegistryCall {
    const { apiVersion, plural } = this.#kind;
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const namespace = this.#namespaceIn(cluster);
    const within = namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    const url = new URL(`${cluster.server}${base}${within}/${plural}`);
    url.search = new URLSearchParams(query).toString();
    const headers: Record<string, string> = cluster.token === null ? {} : { authorization: `Bearer ${cluster.token}` };
    return { method: 'GET', url, headers, body: null, tls: cluster.tls };
  }

  /** Null: all. */
  #namespaceIn(cluster: ClusterAccess): string | null {
    if (this.#namespace === ALL_NAMESPACES) return null;
    return this.#namespace === OWN_NAMESPACE ? cluster.namespace : this.#namespace;
  }

  #refused(status: number, text: string, retryAfter: string | undefined, cluster: ClusterAccess): Error {
    const said = statusMessage(text);
    if (status === 401) {
      this.#login.forget();
      return new RegistryError('the API server does not accept the token or certificate (401)');
    }
    const { apiVersion, plural, missing } = this.#kind;
    if (status === 403) {
      const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '""';
      const rule = `{apiGroups: [${group}], resources: [${plural}], verbs: [list, watch]}`;
      const namespace = this.#namespaceIn(cluster);
      const [where, role] = namespace === null ? ['all namespaces', 'ClusterRole'] : [`namespace ${namespace}`, 'Role'];
      return new RegistryError(`not allowed in ${where} (403); a ${role} needs the rule ${rule}: ${said}`);
    }
    if (status === 404) return new RegistryError(`the API server has no ${apiVersion} (404); ${missing}`);
    return refusal(status, retryAfter, said);
  }
}

function put<T>(groups: Map<string, Map<string, T>>, key: string, { group, object }: Entry<T>): void {
  const objects = groups.get(group) ?? new Map<string, T>();
  groups.set(group, objects.set(key, object));
}

/** @returns the groups that had it: one, or none */
function remove<T>(groups: Map<string, Map<string, T>>, key: string): readonly string[] {
  for (const [group, objects] of groups) {
    if (!objects.delete(key)) continue;
    if (objects.size === 0) groups.delete(group);
    return [group];
  }
  return [];
}

function an(kind: string): string {
  return `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** Of a Status object; otherwise what was sent instead. */
function statusMessage(text: string): string {
  try {
    return textAt(JSON.parse(text), 'message') ?? text;
  } catch {
    return text;
  }
}
