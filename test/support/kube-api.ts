/**
 * A stand-in for the API server of Kubernetes: lists, watches and single objects of the resources that tests declare,
 * with versions, bookmarks and errors as the real one has them. A real kubectl works with it:
 * test/wire/discovery/kubectl.test.ts.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Issued } from './issued.ts';

export interface KubeResource {
  /** Empty: the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export const ENDPOINT_SLICES: KubeResource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  isNamespaced: true,
};

function resource(group: string, version: string, plural: string, kind: string): KubeResource {
  return { group, version, plural, kind, isNamespaced: true };
}

const GATEWAY_API = 'gateway.networking.k8s.io';
export const GATEWAYS = resource(GATEWAY_API, 'v1', 'gateways', 'Gateway');
export const HTTP_ROUTES = resource(GATEWAY_API, 'v1', 'httproutes', 'HTTPRoute');
export const REFERENCE_GRANTS = resource(GATEWAY_API, 'v1beta1', 'referencegrants', 'ReferenceGrant');
export const INGRESSES = resource('networking.k8s.io', 'v1', 'ingresses', 'Ingress');
export const SERVICES = resource('', 'v1', 'services', 'Service');

/** What routes are made of. */
export const ROUTE_RESOURCES = [ENDPOINT_SLICES, GATEWAYS, HTTP_ROUTES, REFERENCE_GRANTS, INGRESSES, SERVICES] as const;

export interface KubeApiOptions {
  readonly resources?: readonly KubeResource[];
  /** Required of requests. Default: none is. */
  readonly token?: string;
  readonly tls?: Issued;
}

type Fault = (request: IncomingMessage, response: ServerResponse) => void;

export interface KubeApi {
  readonly url: string;
  readonly port: number;
  /** Method and target of all requests so far. */
  readonly requests: readonly string[];
  /** Adds or replaces. */
  put(resource: KubeResource, object: KubeObject): void;
  remove(resource: KubeResource, namespace: string, name: string): void;
  /** Sends a bookmark to all watches. */
  bookmark(): void;
  /** Writes it to all watches as it is. */
  writeToWatches(text: string): void;
  /** Ends all watches, by an end of the answer or by a reset. */
  endWatches(how: 'end' | 'reset'): void;
  readonly watches: number;
  /** Older versions are no longer known: watches from there get 410. */
  compact(): void;
  setToken(token: string): void;
  /** Answers requests instead; null: as usual. */
  fault: Fault | null;
  /** As {@link fault}, for new watches only. */
  watchFault: Fault | null;
}

interface Stored {
  readonly resource: KubeResource;
  readonly object: KubeObject;
}

interface Event {
  readonly type: string;
  readonly version: number;
  readonly stored: Stored;
}

interface Watch {
  readonly matches: (stored: Stored) => boolean;
  readonly resource: KubeResource;
  readonly response: ServerResponse;
}

export async function startKubeApi(
  t: { after(task: () => unknown): void },
  { resources = [ENDPOINT_SLICES], token: firstToken, tls }: KubeApiOptions = {},
): Promise<KubeApi> {
  let version = 100;
  let oldest = 0;
  let token = firstToken;
  const objects = new Map<string, Stored>();
  const history: Event[] = [];
  const watches = new Set<Watch>();
  const requests: string[] = [];

  const keyOf = ({ group, plural }: KubeResource, namespace: string, name: string): string =>
    [group, plural, namespace, name].join('/');
  const emit = (type: string, stored: Stored): void => {
    history.push({ type, version, stored });
    for (const watch of watches) if (watch.matches(stored)) watch.response.write(eventLine(type, stored.object));
  };
  const put = (resource: KubeResource, object: KubeObject): Stored => {
    version += 1;
    const { namespace = resource.isNamespaced ? 'default' : '', name } = object.metadata;
    const key = keyOf(resource, namespace, name);
    const isNew = !objects.has(key);
    const stored = { resource, object: completed(resource, object, namespace, version) };
    objects.set(key, stored);
    emit(isNew ? 'ADDED' : 'MODIFIED', stored);
    return stored;
  };
  const remove = (key: string): Stored | undefined => {
    const stored = objects.get(key);
    if (stored === undefined) return undefined;
    objects.delete(key);
    version += 1;
    const { metadata } = stored.object;
    const last = { ...stored.object, metadata: { ...metadata, resourceVersion: String(version) } };
    emit('DELETED', { resource: stored.resource, object: last });
    return stored;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method} ${request.url}`);
    if (api.fault !== null) return api.fault(request, response);
    const url = new URL(request.url!, 'http://api.test');
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return answer(response, 401, status(401, 'Unauthorized', 'Unauthorized'));
    const discovered = discovery(url.pathname, resources);
    if (discovered !== undefined) return answer(response, 200, discovered);
    const found = find(url.pathname, resources);
    if (found === undefined)
      return answer(response, 404, status(404, 'NotFound', 'the server could not find the requested resource'));
    const { resource, namespace, name } = found;
    const { searchParams: query } = url;
    const labels = selectorOf(query.get('labelSelector'));
    const fields = selectorOf(query.get('fieldSelector'));
    const matches = (stored: Stored): boolean =>
      stored.resource === resource &&
      (namespace === null || stored.object.metadata.namespace === namespace) &&
      labels.every(([key, value]) => stored.object.metadata.labels?.[key] === value) &&
      fields.every(([key, value]) => key !== 'metadata.name' || stored.object.metadata.name === value);
    const apiVersion = apiVersionOf(resource);
    if (request.method === 'POST') {
      return answer(response, 201, put(resource, withNamespace(await bodyOf(request), namespace)).object);
    }
    if (request.method === 'PUT') {
      return answer(response, 200, put(resource, withNamespace(await bodyOf(request), namespace)).object);
    }
    const key = keyOf(resource, namespace ?? '', name ?? '');
    const missing = status(404, 'NotFound', `${resource.plural}.${resource.group} "${name}" not found`);
    if (request.method === 'DELETE') {
      return remove(key) === undefined
        ? answer(response, 404, missing)
        : answer(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
    }
    if (name !== null) {
      const stored = objects.get(key);
      return stored === undefined ? answer(response, 404, missing) : answer(response, 200, stored.object);
    }
    if (query.get('watch') !== 'true' && query.get('watch') !== '1') {
      const items = [...objects.values()].filter(matches).map(({ object }) => object);
      const from = Number(query.get('continue') ?? 0);
      const to = from + Number(query.get('limit') ?? Infinity);
      const metadata = { resourceVersion: String(version), ...(to < items.length && { continue: String(to) }) };
      return answer(response, 200, {
        kind: `${resource.kind}List`,
        apiVersion,
        metadata,
        items: items.slice(from, to),
      });
    }
    if (api.watchFault !== null) return api.watchFault(request, response);
    const from = Number(query.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from !== 0 && from < oldest) {
      const object = status(410, 'Expired', `too old resource version: ${from} (${oldest})`);
      return void response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    }
    for (const { type, version: at, stored } of history)
      if (at > from && matches(stored)) response.write(eventLine(type, stored.object));
    const watch = { matches, resource, response };
    watches.add(watch);
    response.on('close', () => watches.delete(watch));
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server: Server = tls === undefined ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const api: KubeApi = {
    fault: null,
    watchFault: null,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    put: (resource: KubeResource, object: KubeObject) => void put(resource, object),
    remove: (resource: KubeResource, namespace: string, name: string) => void remove(keyOf(resource, namespace, name)),
    bookmark: () => {
      for (const { resource, response } of watches) {
        const metadata = { resourceVersion: String(version), creationTimestamp: null };
        const object = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
        response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
      }
    },
    writeToWatches: (text: string) => {
      for (const { response } of watches) response.write(text);
    },
    endWatches: (how: 'end' | 'reset') => {
      for (const { response } of watches)
        if (how === 'end') response.end();
        else response.socket?.resetAndDestroy();
    },
    get watches() {
      return watches.size;
    },
    compact: () => {
      oldest = version + 1;
      version += 1;
    },
    setToken: (text: string) => {
      token = text;
    },
  };
  return api;
}

export interface SliceOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly addressType?: string;
  readonly ports?: readonly object[] | null;
}

/** An EndpointSlice of a service, as the control plane writes it. @param endpoints each over the usual fields */
export function endpointSlice(service: string, endpoints: readonly object[], options: SliceOptions = {}): KubeObject {
  const { name = `${service}-abcde`, namespace = 'default', addressType = 'IPv4' } = options;
  const { ports = [{ name: 'http', port: 8080, protocol: 'TCP' }] } = options;
  return {
    metadata: {
      name,
      namespace,
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': service,
      },
    },
    addressType,
    ports,
    endpoints,
  };
}

/** An endpoint that is ready. @param more replaces fields */
export function endpoint(address: string, more: object = {}): object {
  const uid = `uid-of-${address}`;
  return {
    addresses: [address],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: 'node-1',
    zone: 'eu-1a',
    targetRef: { kind: 'Pod', namespace: 'default', name: `pod-${address}`, uid },
    ...more,
  };
}

function completed(resource: KubeResource, object: KubeObject, namespace: string, version: number): KubeObject {
  const metadata = {
    uid: `${resource.plural}-${object.metadata.name}`,
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 1,
    ...object.metadata,
    ...(namespace !== '' && { namespace }),
    resourceVersion: String(version),
  };
  return { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
}

function withNamespace(object: KubeObject, namespace: string | null): KubeObject {
  return namespace === null ? object : { ...object, metadata: { ...object.metadata, namespace } };
}

function apiVersionOf({ group, version }: KubeResource): string {
  return group === '' ? version : `${group}/${version}`;
}

function eventLine(type: string, object: KubeObject): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function status(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function answer(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<KubeObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as KubeObject;
}

function selectorOf(text: string | null): readonly (readonly [string, string])[] {
  if (text === null || text === '') return [];
  return text.split(',').map((term) => {
    const [key = '', value = ''] = term.split(/==?/);
    return [key, value] as const;
  });
}

/** What a client asks first. */
function discovery(path: string, resources: readonly KubeResource[]): object | undefined {
  if (path === '/version') return { major: '1', minor: '32', gitVersion: 'v1.32.0' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  const groups = Map.groupBy(resources, ({ group }) => group);
  if (path === '/apis') {
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [...groups].flatMap(([name, of]) => {
        const versions = [...new Set(of.map(({ version }) => version))].map((version) => ({
          groupVersion: `${name}/${version}`,
          version,
        }));
        return name === '' ? [] : [{ name, versions, preferredVersion: versions[0] }];
      }),
    };
  }
  const groupVersion = /^\/apis\/([^/]+\/[^/]+)$/.exec(path)?.[1] ?? (path === '/api/v1' ? 'v1' : undefined);
  if (groupVersion === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: resources
      .filter((resource) => apiVersionOf(resource) === groupVersion)
      .map(({ plural, kind, isNamespaced }) => ({
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced: isNamespaced,
        kind,
        verbs: ['create', 'delete', 'get', 'list', 'update', 'watch'],
      })),
  };
}

function find(
  path: string,
  resources: readonly KubeResource[],
): { readonly resource: KubeResource; readonly namespace: string | null; readonly name: string | null } | undefined {
  for (const resource of resources) {
    const base = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
    if (!path.startsWith(`${base}/`)) continue;
    const { namespace, plural, name } =
      /^(?:namespaces\/(?<namespace>[^/]+)\/)?(?<plural>[^/]+)(?:\/(?<name>[^/]+))?$/.exec(path.slice(base.length + 1))
        ?.groups ?? {};
    if (plural === resource.plural) return { resource, namespace: namespace ?? null, name: name ?? null };
  }
  return undefined;
}
