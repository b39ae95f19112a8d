/** ReferenceGrants: which namespaces may send requests to Services of another. */
import { fieldOf, listAt, textAt } from '../../sources/json-value.ts';
import type { RouteObject } from './route-kinds.ts';

export class Grants {
  readonly #grants: readonly RouteObject[];

  constructor(grants: readonly RouteObject[]) {
    this.#grants = grants;
  }

  /** An HTTPRoute in `from` may use the Service in `to`. */
  allow(from: string, to: string, service: string): boolean {
    return this.#grants.some(
      ({ namespace, spec }) =>
        namespace === to &&
        (listAt(spec, 'from') ?? []).some(
          (each) =>
            fieldOf(each, 'group') === 'gateway.networking.k8s.io' &&
            fieldOf(each, 'kind') === 'HTTPRoute' &&
            fieldOf(each, 'namespace') === from,
        ) &&
        (listAt(spec, 'to') ?? []).some(
          (each) =>
            (textAt(each, 'group') ?? '') === '' &&
            fieldOf(each, 'kind') === 'Service' &&
            (textAt(each, 'name') ?? service) === service,
        ),
    );
  }
}
