/** Routes of a cluster: HTTPRoutes of our Gateways, and Ingresses of our class. */
import type { Fragment } from '../../../../config/found/load-fragment.ts';
import type { FoundProblem } from '../../../../config/found/merge-found.ts';
import type { DiscoverySettings } from '../../../../config/settings.ts';
import type { SourcePorts } from '../../source.ts';
import type { Cluster } from '../../sources/kubernetes/cluster.ts';
import type { WatchedKind } from '../../sources/kubernetes/kind-watch.ts';
import type { RouteAnswer, RouteSource } from '../route-source.ts';
import { Gateways } from './gateways.ts';
import { Grants } from './grants.ts';
import { httpRouteFragment, subjectOf } from './http-route.ts';
import { ingressClass, ingressFragment, ingressSubject } from './ingress.ts';
import { GATEWAYS, HTTP_ROUTES, INGRESSES, REFERENCE_GRANTS, type RouteObject, SERVICES } from './route-kinds.ts';
import { type Refuse, refuseAs, Services } from './services.ts';

export type KubernetesRouteChoice = NonNullable<DiscoverySettings['kubernetes']['routes']>;

export interface KubernetesRoutesPorts {
  readonly report: (answer: RouteAnswer) => void;
  readonly nowMs: () => number;
  readonly schedule: SourcePorts['schedule'];
  readonly debounceMs: number;
}

/** By kind; of kinds that are not watched, none. */
export type RouteObjects = (kind: WatchedKind<RouteObject>) => readonly RouteObject[];

/** What changes together is often applied as several objects. At most this many debounces. */
const MOST_DEBOUNCES = 4;

interface Slot {
  readonly kind: WatchedKind<RouteObject>;
  /** Null: none were listed yet. */
  objects: readonly RouteObject[] | null;
  failure: string | null;
}

export function createKubernetesRoutes(
  choice: KubernetesRouteChoice,
  cluster: Pick<Cluster, 'watch'>,
  { report, nowMs, schedule, debounceMs }: KubernetesRoutesPorts,
): RouteSource {
  const slots: Slot[] = [];
  let ends: (() => void)[] = [];
  let cancel: (() => void) | null = null;
  let firstMs = 0;
  let isFirst = true;

  const settle = (): void => {
    cancel = null;
    // While a kind fails, nothing changes: a route without its Services would be another.
    if (slots.some(({ objects, failure }) => objects === null || failure !== null)) return;
    isFirst = false;
    report({
      kind: 'list',
      ...routeFragments(choice, (kind) => slots.flatMap((slot) => (slot.kind === kind ? slot.objects! : []))),
    });
  };
  const changed = (): void => {
    if (slots.some(({ objects }) => objects === null)) return;
    const now = nowMs();
    if (cancel === null) firstMs = now;
    cancel?.();
    const waitMs = Math.min(now + debounceMs, firstMs + MOST_DEBOUNCES * debounceMs) - now;
    cancel = schedule(settle, isFirst ? 0 : Math.max(0, waitMs));
  };

  return {
    start: () => {
      // The cluster sees all namespaces if none are chosen: then any name leads to the same watch.
      const namespaces = choice.namespaces.length === 0 ? [''] : choice.namespaces;
      const watched = kindsOf(choice).flatMap((kind) =>
        namespaces.map((namespace) => {
          const slot: Slot = { kind, objects: null, failure: null };
          slots.push(slot);
          return { slot, namespace };
        }),
      );
      ends = watched.map(({ slot, namespace }) =>
        cluster.watch(slot.kind, namespace).listen(null, {
          onObjects: (objects) => {
            slot.objects = objects;
            slot.failure = null;
            changed();
          },
          onFailed: (reason) => {
            slot.failure = reason;
            report({ kind: 'failed', reason });
          },
        }),
      );
    },
    stop: () => {
      cancel?.();
      for (const end of ends) end();
    },
  };
}

function kindsOf({ gateway, gatewayClass, ingressClass: ingress }: KubernetesRouteChoice) {
  return [
    ...(gateway === null && gatewayClass === null ? [] : [GATEWAYS, HTTP_ROUTES, REFERENCE_GRANTS]),
    ...(ingress === null ? [] : [INGRESSES]),
    SERVICES,
  ];
}

/** Pure. The oldest object wins, then the first by namespace and name. */
export function routeFragments(
  choice: KubernetesRouteChoice,
  objects: RouteObjects,
): { readonly fragments: readonly Fragment[]; readonly problems: readonly FoundProblem[] } {
  const problems: FoundProblem[] = [];
  const services = new Services(objects(SERVICES));
  const gateways = new Gateways(objects(GATEWAYS), choice);
  const grants = new Grants(objects(REFERENCE_GRANTS));
  const ofRoute = (route: RouteObject, note: Refuse): Fragment | null => {
    const attached = gateways.attach(route);
    if (attached.kind === 'refused') throw new Error(attached.message);
    return attached.kind === 'foreign' ? null : httpRouteFragment(route, attached.hosts, { services, grants, note });
  };
  const made = [
    ...objects(HTTP_ROUTES).map((object) => ({ object, subject: subjectOf(object), make: ofRoute })),
    ...objects(INGRESSES)
      .filter((ingress) => ingressClass(ingress) === choice.ingressClass)
      .map((object) => ({
        object,
        subject: ingressSubject(object),
        make: (ingress: RouteObject, note: Refuse) => ingressFragment(ingress, services, note),
      })),
  ].toSorted((one, other) => (ageKey(one.object) < ageKey(other.object) ? -1 : 1));
  const fragments = made.flatMap(({ object, subject, make }) => {
    const note = refuseAs(subject, problems);
    try {
      return make(object, note) ?? [];
    } catch (error) {
      note((error as Error).message);
      return [];
    }
  });
  return { fragments, problems };
}

function ageKey({ createdAt, namespace, name }: RouteObject): string {
  return `${createdAt} ${namespace}/${name}`;
}
