/** The Services that routes send requests to, as pools whose members are the endpoints. */
import type { FoundProblem } from '../../../../config/found/merge-found.ts';
import { foundName } from '../../../core/found-name.ts';
import { fieldOf, listAt, textAt } from '../../sources/json-value.ts';
import type { RouteObject } from './route-kinds.ts';

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  /** Number or name of a port of the Service. */
  readonly port: number | string;
}

/** Pools of one fragment, by name. */
export type Pools = Map<string, object>;

/** Never has a member: its share of the requests is answered 503. */
const NONE = foundName('none', 'kubernetes');

export class Services {
  readonly #known: ReadonlyMap<string, RouteObject>;

  constructor(services: readonly RouteObject[]) {
    this.#known = new Map(services.map((service) => [`${service.namespace}/${service.name}`, service]));
  }

  /**
   * Adds the pool of a Service, and returns its name; a text says why there is none.
   * @param refuse of a Service that cannot be used: the pool is then one without members
   */
  poolOf({ namespace, name, port }: ServiceRef, pools: Pools): { readonly pool: string } | string {
    const service = this.#known.get(`${namespace}/${name}`);
    if (service === undefined) return `there is no Service ${namespace}/${name}`;
    if (textAt(service.spec, 'type') === 'ExternalName')
      return `Service ${namespace}/${name} is an ExternalName, which is not supported: make it a pool of the file`;
    const ports = listAt(service.spec, 'ports') ?? [];
    const found = ports.find((each) => fieldOf(each, typeof port === 'number' ? 'port' : 'name') === port);
    const number = fieldOf(found, 'port');
    if (typeof number !== 'number') {
      const there = ports.map((each) => String(fieldOf(each, 'port'))).join(', ') || 'none';
      return `Service ${namespace}/${name} has no port ${port} (${there})`;
    }
    if ((textAt(found, 'protocol') ?? 'TCP') !== 'TCP')
      return `port ${port} of Service ${namespace}/${name} is not TCP`;
    const pool = foundName(`${name}.${namespace}.${number}`, 'kubernetes');
    const portName = textAt(found, 'name');
    pools.set(pool, {
      discover: { kubernetes: { service: name, namespace, ...(portName !== null && { port: portName }) } },
      // Readiness of pods is Kubernetes' own check; this one sees nodes that are gone.
      health_check: { type: 'tcp' },
      ...(textAt(found, 'appProtocol') === 'kubernetes.io/h2c' && { protocol: 'h2c' }),
    });
    return { pool };
  }
}

/** For a backend that cannot be used, beside others that can. */
export function emptyPool(pools: Pools): string {
  pools.set(NONE, { discover: { push: {} } });
  return NONE;
}

/** What a rule without any backend that can be used answers: Gateway API, HTTPRouteRule, backendRefs. */
export const NO_BACKEND = { respond: { status: 500, body: 'The route has no backend that can be used\n' } };

/** Of one object, so that no namespace takes the whole table by a few of them. */
const MAX_ROUTES_OF_OBJECT = 256;

/** Throws Error if an object makes too many routes. */
export function boundRoutes(count: number): void {
  if (count > MAX_ROUTES_OF_OBJECT)
    throw new Error(
      `it makes ${count} routes; at most ${MAX_ROUTES_OF_OBJECT} are supported for each object: split it`,
    );
}

export type Refuse = (message: string) => void;

export function refuseAs(subject: string, problems: FoundProblem[]): Refuse {
  return (message) => void problems.push({ subject, message });
}

/** For templates, in which braces are placeholders. */
export function literal(text: string): string {
  return text.replaceAll('{', '{{').replaceAll('}', '}}');
}
