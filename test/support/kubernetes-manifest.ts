/** Manifests judged by the schemas of Kubernetes' API. */
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as rbac from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import * as core from 'kubernetes-models/v1';

// oxlint-disable-next-line typescript/no-explicit-any -- what the YAML says: the schemas judge it
export type Yaml = any;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Yaml;
  readonly data?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

interface Model {
  validate(): void;
}

const GROUPS: Readonly<Record<string, object>> = {
  v1: core,
  'apps/v1': apps,
  'autoscaling/v2': autoscaling,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
  'rbac.authorization.k8s.io/v1': rbac,
};

/** What is wrong with it; empty: nothing. */
export function manifestFaults(manifest: Manifest): readonly string[] {
  const name = `${manifest.kind} ${manifest.metadata.name}`;
  const Kind = (GROUPS[manifest.apiVersion] as Record<string, { prototype: Model }> | undefined)?.[manifest.kind];
  if (Kind === undefined) return [`${name}: no such kind in ${manifest.apiVersion}`];
  const { seen, unread } = watched(manifest);
  try {
    Kind.prototype.validate.call(Object.assign(Object.create(Kind.prototype) as Model, seen));
  } catch (error) {
    return [`${name}: ${(error as Error).message}`];
  }
  return unread().map((path) => `${name}: unknown key ${path}`);
}

/** The schemas allow keys that they do not know: those that a validator never looks at. */
function watched(manifest: Manifest): { readonly seen: Manifest; readonly unread: () => readonly string[] } {
  const read = new Set<string>();
  const all: string[] = [];
  const wrap = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const isList = Array.isArray(value);
    const entries = Object.entries(value).map(([key, child]) => {
      const at = path === '' ? key : `${path}.${key}`;
      if (!isList) all.push(at);
      return [key, wrap(child, at)] as const;
    });
    const copy = isList ? entries.map(([, child]) => child) : Object.fromEntries(entries);
    return new Proxy(copy, {
      get: (target, key) => {
        if (typeof key === 'string') read.add(path === '' ? key : `${path}.${key}`);
        return Reflect.get(target, key) as unknown;
      },
    });
  };
  const seen = wrap(manifest, '') as Manifest;
  return { seen, unread: () => all.filter((path) => !read.has(path)) };
}
