/** Which hosts an HTTPRoute has by the listeners of our Gateways that it attaches to. */
import { fieldOf, listAt, textAt } from '../../sources/json-value.ts';
import type { RouteObject } from './route-kinds.ts';

export interface GatewayChoice {
  /** Null: any class. */
  readonly gatewayClass: string | null;
  /** Name; null: all of the class. */
  readonly gateway: string | null;
}

const GROUP = 'gateway.networking.k8s.io';
/** Listeners whose requests Sluice can see. */
const PROTOCOLS: readonly unknown[] = ['HTTP', 'HTTPS'];

/** Null among hosts: any host. */
export type Attachment =
  | { readonly kind: 'hosts'; readonly hosts: readonly (string | null)[] }
  | { readonly kind: 'refused'; readonly message: string }
  /** It names none of our Gateways. */
  | { readonly kind: 'foreign' };

export class Gateways {
  readonly #ours: ReadonlyMap<string, RouteObject>;

  constructor(gateways: readonly RouteObject[], { gatewayClass, gateway }: GatewayChoice) {
    const ours = gateways.filter(
      ({ name, spec }) =>
        (gateway === null || name === gateway) &&
        (gatewayClass === null || fieldOf(spec, 'gatewayClassName') === gatewayClass),
    );
    this.#ours = new Map(ours.map((each) => [`${each.namespace}/${each.name}`, each]));
  }

  attach({ namespace, spec }: RouteObject): Attachment {
    const parents = (listAt(spec, 'parentRefs') ?? []).flatMap((ref) => {
      if ((textAt(ref, 'group') ?? GROUP) !== GROUP || (textAt(ref, 'kind') ?? 'Gateway') !== 'Gateway') return [];
      const key = `${textAt(ref, 'namespace') ?? namespace}/${textAt(ref, 'name') ?? ''}`;
      const gateway = this.#ours.get(key);
      return gateway === undefined ? [] : [{ ref, key, gateway }];
    });
    if (parents.length === 0) return { kind: 'foreign' };
    const hostnames = (listAt(spec, 'hostnames') ?? []).filter((each) => typeof each === 'string');
    const reasons: string[] = [];
    const hosts = new Set<string | null>();
    for (const { ref, key, gateway } of parents) {
      const listeners = (listAt(gateway.spec, 'listeners') ?? []).filter(
        (listener) => isNamed(listener, ref) && PROTOCOLS.includes(fieldOf(listener, 'protocol')),
      );
      if (listeners.length === 0) reasons.push(`Gateway ${key} has no such listener of HTTP or HTTPS`);
      for (const listener of listeners) {
        const refusal = refusalOf(listener, gateway.namespace, namespace);
        const common = hostsOf(hostnames, textAt(listener, 'hostname'));
        const name = `listener ${textAt(listener, 'name')} of Gateway ${key}`;
        if (refusal !== null) reasons.push(`${name} ${refusal}`);
        else if (common.length === 0) reasons.push(`${name} has none of its hostnames`);
        else for (const host of common) hosts.add(host);
      }
    }
    return hosts.size > 0 ? { kind: 'hosts', hosts: [...hosts] } : { kind: 'refused', message: reasons.join('; ') };
  }
}

function isNamed(listener: unknown, ref: unknown): boolean {
  const [section, port] = [textAt(ref, 'sectionName'), fieldOf(ref, 'port')];
  if (section !== null && fieldOf(listener, 'name') !== section) return false;
  return typeof port !== 'number' || fieldOf(listener, 'port') === port;
}

/** Null: the listener allows routes of this namespace. */
function refusalOf(listener: unknown, gatewayNamespace: string, namespace: string): string | null {
  const kinds = listAt(listener, 'allowedRoutes', 'kinds') ?? [];
  if (kinds.length > 0 && !kinds.some((kind) => fieldOf(kind, 'kind') === 'HTTPRoute')) return 'allows no HTTPRoutes';
  const from = textAt(listener, 'allowedRoutes', 'namespaces', 'from') ?? 'Same';
  if (from === 'All' || (from === 'Same' && gatewayNamespace === namespace)) return null;
  if (from === 'Selector') return 'allows namespaces by a selector, which is not supported: use All or Same';
  return `allows no routes of namespace ${namespace} (allowedRoutes.namespaces.from: ${from})`;
}

/** What a route and a listener have in common. Null: any host. */
function hostsOf(hostnames: readonly string[], listener: string | null): readonly (string | null)[] {
  if (hostnames.length === 0) return [listener];
  if (listener === null) return hostnames;
  return hostnames.flatMap((hostname) => {
    if (isWithin(hostname, listener)) return [hostname];
    return isWithin(listener, hostname) ? [listener] : [];
  });
}

/** Whether every name that matches `inner` matches `outer`. */
function isWithin(inner: string, outer: string): boolean {
  if (inner === outer) return true;
  return outer.startsWith('*.') && inner.replace(/^\*\./, '.').endsWith(outer.slice(1)) && inner !== outer.slice(2);
}
