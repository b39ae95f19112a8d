/** An Ingress as a fragment of the configuration. Source: https://kubernetes.io/docs/concepts/services-networking/ingress/ */
import type { Fragment, FragmentRoute } from '../../../../config/found/load-fragment.ts';
import { foundName } from '../../../core/found-name.ts';
import { fieldOf, listAt, textAt } from '../../sources/json-value.ts';
import type { RouteObject } from './route-kinds.ts';
import { boundRoutes, NO_BACKEND, type Pools, type Refuse, type Services } from './services.ts';

/** Before `ingressClassName` there was this annotation, and it is still used. */
export function ingressClass({ annotations, spec }: RouteObject): string | null {
  return textAt(spec, 'ingressClassName') ?? textAt(annotations, 'kubernetes.io/ingress.class');
}

export function ingressSubject({ namespace, name }: RouteObject): string {
  return `Ingress ${namespace}/${name}`;
}

/** Throws Error if it cannot be a fragment. @param note names a part that does not apply */
export function ingressFragment(ingress: RouteObject, services: Services, note: Refuse): Fragment {
  const { namespace, name, spec } = ingress;
  const pools: Pools = new Map();
  const targetOf = (backend: unknown): object => {
    const found = backendPool(backend, namespace, pools, services);
    if (typeof found !== 'string') return found;
    note(found);
    return NO_BACKEND;
  };
  if ((listAt(spec, 'tls') ?? []).length > 0)
    note('tls is ignored: certificates for clients are those of tls in the configuration');
  const fallback = fieldOf(spec, 'defaultBackend');
  const given = listAt(spec, 'rules') ?? [];
  const pathsOf = (rule: unknown): readonly unknown[] => listAt(rule, 'http', 'paths') ?? [];
  boundRoutes(given.reduce((sum: number, rule) => sum + Math.max(1, pathsOf(rule).length), 0));
  const rules = given.flatMap((rule) => {
    const host = textAt(rule, 'host');
    const base = host === null ? {} : { host };
    const paths = pathsOf(rule);
    // A host without paths gets the default backend.
    if (paths.length === 0) return fallback === undefined ? [] : [{ ...base, path_prefix: '/', ...targetOf(fallback) }];
    return paths.map((path) => ({ ...base, ...pathKeys(path), ...targetOf(fieldOf(path, 'backend')) }));
  });
  const isCaught = rules.some((rule) => !('host' in rule) && 'path_prefix' in rule && rule.path_prefix === '/');
  const found = fallback === undefined || isCaught ? rules : [...rules, { path_prefix: '/', ...targetOf(fallback) }];
  const base = `ingress:${namespace}/${name}`;
  const routes = found.map((each, at): FragmentRoute => ({
    ...each,
    name: foundName(found.length === 1 ? base : `${base}/${at + 1}`, 'kubernetes'),
  }));
  return { subject: ingressSubject(ingress), pools: Object.fromEntries(pools), routes };
}

/** `ImplementationSpecific` is a prefix, as in most implementations. */
function pathKeys(path: unknown): object {
  const value = textAt(path, 'path') ?? '/';
  return textAt(path, 'pathType') === 'Exact' ? { path: value } : { path_prefix: value };
}

function backendPool(
  backend: unknown,
  namespace: string,
  pools: Pools,
  services: Services,
): { readonly pool: string } | string {
  const name = textAt(backend, 'service', 'name');
  if (name === null) return 'a backend that is no Service is not supported';
  const port = fieldOf(backend, 'service', 'port', 'number') ?? fieldOf(backend, 'service', 'port', 'name');
  if (typeof port !== 'number' && typeof port !== 'string') return `backend Service ${namespace}/${name} needs a port`;
  return services.poolOf({ namespace, name, port }, pools);
}
