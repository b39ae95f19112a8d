/**
 * Who may import whom: `npm run check` refuses the rest. docs/architecture.md describes each concern.
 *
 * Two directions: concerns have an order, and each concern has layers, which are folders in it. A file outside of these
 * layers may be loaded on any thread.
 */
import { dirname, join, normalize } from 'node:path';

/** Folders of src, lowest first: each may import those before it. `core` is below all of them. */
export const CONCERNS: Readonly<Record<string, string>> = {
  distribution: 'what is shipped: files beside the code, or inside the executable',
  net: 'addresses, URLs, cookies, entity tags, the PROXY header',
  http: 'parts of HTTP messages, and the end of a connection; `fields/` has the rules for header fields',
  http1: 'the HTTP/1.1 engine: `core/` parses, `client/` has the connections to backends',
  http2: 'HTTP/2: `core/` reads heads, `server/` has the connections of clients, `client/` those to backends',
  grpc: 'gRPC: its statuses, deadlines and health protocol, and gRPC-Web',
  runtime: 'shared memory that belongs to no concern, the clock, slots, log lines, repeated rounds',
  geo: 'locations of clients: stated by a proxy, or by a table of blocks in shared memory',
  certificates: 'PEM files, and the certificates for clients: judged, watched, and the copy of each traffic thread',
  acme: 'certificates from an authority that speaks ACME: the protocol, orders, challenges, renewals',
  'plugin-kit': 'the contract of plugins that users write; src/policies/plugins runs them',
  config: 'the configuration: `file/` reads it, `schema/` defines what is allowed, `check/` finds contradictions',
  redis: 'the link of a thread to Redis or Valkey: connections, Sentinel, Cluster, deadlines',
  audit: 'who changed what: the log and the port to its storage',
  fleet: 'gateways that know each other: their beats, who is live, what they disagree about',
  backends: 'the data of every backend, whether it is available, and how operators change it',
  identity: 'who a client is: the credentials of a request, client ids, API keys, blocks of addresses',
  limits: 'clients and their limits: buckets and windows in shared memory, the registry, the port to its storage',
  database: 'the database as the control thread sees it',
  'admin-access': 'who may use the admin port: tokens, roles, origins',
  auth: 'what a route demands of its callers: API keys, passwords, tokens, the word of another service',
  events: 'the event log, for operators',
  recording: 'requests and answers recorded without their secrets, to be replayed elsewhere',
  otlp: 'OTLP: spans, log records and metrics in JSON, and their export to a collector',
  tracing: 'traces of requests: their context, sampling, spans',
  breaker: 'circuits, and the effect of an attempt on them',
  balancing: 'pools and their strategies, sticky sessions, wait queues, weights that change',
  threads: 'shared memory and messages between threads, and the supervisor',
  addresses: 'resolution of host names, and connections to the addresses',
  discovery: 'members of pools: the sources that list them, and what follows from their answers',
  telemetry: 'metrics: reports, scrapes, histories, frames of the stream',
  scaling: 'how many replicas pools and the gateway need',
  tls: 'handshakes with clients: server names, session tickets, the TLS port',
  routing: 'routes, paths, and a snapshot as a traffic thread uses it',
  policies: 'what a route does to a request besides forwarding it',
  forwarding: 'a request on its way to a backend and back: attempts, retries, relay, upgrades',
  connections: 'client connections: limits, slow clients, pipelining, what the parser refuses',
  explain: 'why a request is handled as it is: its route, client, limits and backends',
  health: 'probes, passive checks, and the state that follows from them',
  reload: 'the configuration read again and applied',
  gateway: 'the composition: `control/` is the control thread, `traffic/` a traffic thread',
  library: 'for programs: a gateway in their process, and limits, circuits and balancing in their Fastify app',
  testing: 'a gateway for tests, without ports: the package entry `sluice/testing`',
  cli: 'the command line, and a folder for each larger command',
};

/** Folders of src that describe the admin API's bodies, whatever the concern. */
export const API_FOLDERS: Readonly<Record<string, string>> = {
  api: 'schemas shared by all bodies of the admin API, and their validation',
  compat: 'bodies of the older paths',
  openapi: 'documents generated from all bodies',
};
const RANKS = Object.keys(CONCERNS);
/** Concerns that only a traffic thread loads. */
const TRAFFIC_CONCERNS = ['http1', 'http2', 'forwarding', 'connections'];
const LAYERS = ['core', 'control', 'traffic', 'api'] as const;

type Layer = (typeof LAYERS)[number] | 'shared';

interface Location {
  /** The top-level folder: src, plugins, drizzle, tools, dashboard … */
  readonly part: string;
  /** Within src: the concern, or the file itself if it is in none. Within plugins: traffic, admin or compat. */
  readonly concern: string;
  readonly layer: Layer;
}

function locate(path: string): Location {
  const [part = '', concern = '', ...rest] = path.split('/');
  if (part === 'plugins') return { part, concern, layer: concern === 'traffic' ? 'traffic' : 'control' };
  if (part !== 'src') return { part, concern, layer: 'shared' };
  if (concern === 'core') return { part, concern, layer: 'core' };
  if (concern in API_FOLDERS) return { part, concern, layer: 'api' };
  const named = LAYERS.find((layer) => rest.slice(0, -1).includes(layer));
  return { part, concern, layer: named ?? (TRAFFIC_CONCERNS.includes(concern) ? 'traffic' : 'shared') };
}

export interface Import {
  /** As written. */
  readonly to: string;
  readonly isType: boolean;
  /** `import()`: loaded on demand. */
  readonly isLazy: boolean;
}

const IMPORT =
  /^(?:import|export)\s+(?<type>type\s+)?(?:(?<names>[^;'"]*?)\s*from\s+)?'(?<to>[^']+)'|(?<typeof>typeof )?import\('(?<lazy>[^']+)'\)/gms;
const TYPES_ONLY = /^\{\s*(type\s+[\w$]+(\s+as\s+[\w$]+)?\s*,?\s*)+\}$/;

export function importsOf(source: string): readonly Import[] {
  return [...source.matchAll(IMPORT)].map(({ groups = {} }) => ({
    to: (groups['to'] ?? groups['lazy'])!,
    isType: Boolean(groups['type'] ?? groups['typeof']) || TYPES_ONLY.test(groups['names'] ?? ''),
    isLazy: groups['lazy'] !== undefined && groups['typeof'] === undefined,
  }));
}

/** Why `path` may not import it; undefined: it may. */
export function importFault(path: string, { to, isType }: Pick<Import, 'to' | 'isType'>): string | undefined {
  const from = locate(path);
  if (from.part === 'test' || from.part === 'bench' || from.part === 'scripts') return undefined;
  if (!to.startsWith('.')) return from.layer === 'core' ? 'core imports no packages and nothing from Node' : undefined;
  const file = normalize(join(dirname(path), to));
  const target = locate(file);
  if (['test', 'bench', 'scripts'].includes(target.part))
    return 'shipped code imports nothing from tests, benchmarks and scripts';
  if (file === 'src/main.ts') return 'nothing imports main';
  if (from.part === 'dashboard') {
    const isShared = target.part === 'dashboard' || file === 'openapi/client.ts' || target.layer === 'core';
    return isShared ? undefined : 'the dashboard imports its own files, openapi/client.ts and core';
  }
  if (from.part === 'tools') return undefined;
  if (target.part === 'tools') return 'tools do not ship: only tools import them';
  if (from.part === 'drizzle') return drizzleFault(target, isType);
  if (from.part === 'plugins') return pluginFault(from, file, target, isType);
  if (from.part !== 'src' || target.part === 'package.json') return undefined;
  return sourceFault(path, from, target, isType);
}

function drizzleFault(to: Location, isType: boolean): string | undefined {
  if (to.part === 'drizzle') return undefined;
  if (to.part !== 'src' || to.layer === 'api' || ['gateway', 'cli', 'library'].includes(to.concern)) {
    return 'drizzle implements the ports of the concerns, and imports nothing above them';
  }
  const isBelow = to.layer === 'core' || ['distribution', 'errors.ts', 'net', 'runtime'].includes(to.concern);
  return isBelow || isType
    ? undefined
    : 'drizzle takes types of the concerns, and runs distribution, errors, net, runtime and core only';
}

function pluginFault(from: Location, target: string, to: Location, isType: boolean): string | undefined {
  if (to.part === 'plugins') return 'a plugin imports no other plugin: they meet through typed decorators';
  if (to.part !== 'src') return `a plugin imports nothing of ${to.part}`;
  // Those of plugins/control put the control thread together.
  const isComposing = from.concern === 'control' && to.concern === 'gateway';
  if (['gateway', 'cli'].includes(to.concern) && !isComposing) return `plugins are below ${to.concern}`;
  if (to.concern === 'config' && !isType) return 'a plugin gets its settings as options: types of config only';
  return target === 'src/version.ts' ? undefined : planeFault(from.layer, to, isType);
}

function sourceFault(path: string, from: Location, to: Location, isType: boolean): string | undefined {
  if (from.layer === 'core') {
    const isOwn = to.layer === 'core' && (to.concern === 'core' || to.concern === from.concern);
    return isOwn ? undefined : 'core imports the core of its own concern and src/core, types included';
  }
  if (to.layer === 'core') return undefined;
  if (path === 'src/errors.ts') return 'errors imports types of core only';
  const isRoot = from.concern.endsWith('.ts');
  if (isRoot || ['cli', 'library', 'testing'].includes(from.concern)) return undefined;
  if (to.part === 'drizzle' || to.part === 'plugins') {
    return from.concern === 'gateway' ? planeFault(from.layer, to, isType) : 'only gateway and cli may combine these';
  }
  if (from.layer === 'api') {
    if (to.layer === 'api' || isType) return undefined;
    return to.layer === 'shared' ? undefined : 'the API’s bodies run no code of a plane';
  }
  if (to.layer === 'api') return 'only plugins, and cli, know the bodies of the API';
  if (from.concern !== to.concern && rank(to.concern) > rank(from.concern)) {
    return `${from.concern} is below ${to.concern} (scripts/import-rules.ts)`;
  }
  return planeFault(from.layer, to, isType);
}

/** Code of one plane is not loaded by the other, and code that both load does not load either plane's. */
function planeFault(from: Layer, to: Location, isType: boolean): string | undefined {
  const isTraffic = to.layer === 'traffic';
  const isControl = to.layer === 'control' || to.part === 'drizzle';
  if (from === 'traffic' && (to.layer === 'api' || (isControl && !isType))) {
    return 'a traffic thread loads neither the control thread’s code nor the database';
  }
  if (from === 'control' && isTraffic && !isType) return 'the control thread does not load the code of traffic threads';
  if (from === 'shared' && (isTraffic || isControl) && !isType)
    return 'code that both planes load may load neither plane’s code';
  return undefined;
}

function rank(concern: string): number {
  if (concern.endsWith('.ts')) return -1;
  const at = RANKS.indexOf(concern);
  if (at === -1) throw new RangeError(`src/${concern}: name the folder in scripts/import-rules.ts`);
  return at;
}
