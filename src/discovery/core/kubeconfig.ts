/**
 * A kubeconfig: where the API server of a context is, and how to get in. Only what needs no other program is used.
 * Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */

/** A file, or what it contains. */
export type PemSource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'pem'; readonly base64: string };

export interface KubeContext {
  readonly server: string;
  readonly ca: PemSource | null;
  readonly serverName: string | null;
  readonly namespace: string | null;
  readonly token: string | null;
  readonly tokenFile: string | null;
  readonly cert: PemSource | null;
  readonly key: PemSource | null;
}

/**
 * @param content the file, parsed as YAML
 * @param wanted name of a context; null: its current one
 * @returns a text: why it cannot be used, after the name of the file
 */
export function kubeContext(content: unknown, wanted: string | null): KubeContext | string {
  const name = wanted ?? textOf(content, 'current-context');
  if (name === null) return 'names no current-context; set context';
  const context = namedIn(content, 'contexts', 'context', name);
  if (context === undefined) return `has no context "${name}"; it has: ${namesIn(content, 'contexts')}`;
  const clusterName = textOf(context, 'cluster') ?? '';
  const cluster = namedIn(content, 'clusters', 'cluster', clusterName);
  if (cluster === undefined) return `has no cluster "${clusterName}"; it has: ${namesIn(content, 'clusters')}`;
  const server = textOf(cluster, 'server');
  if (server === null || !/^https?:\/\/[^/]/.test(server)) return `names no server in the cluster "${clusterName}"`;
  if (of(cluster, 'insecure-skip-tls-verify') === true)
    return `turns verification off by insecure-skip-tls-verify in the cluster "${clusterName}"; set certificate-authority instead`;
  if (textOf(cluster, 'proxy-url') !== null) return 'uses a proxy-url, which is not supported';

  const userName = textOf(context, 'user');
  const user = userName === null ? {} : namedIn(content, 'users', 'user', userName);
  if (user === undefined) return `has no user "${userName}"; it has: ${namesIn(content, 'users')}`;
  const other = UNSUPPORTED.find((key) => of(user, key) !== undefined);
  if (other !== undefined)
    return `identifies the user "${userName}" by ${other}, which is not supported; use a token, a tokenFile or a client certificate`;
  const cert = pemOf(user, 'client-certificate');
  const key = pemOf(user, 'client-key');
  if ((cert === null) !== (key === null))
    return `has only one of client-certificate and client-key for the user "${userName}"`;
  return {
    server,
    ca: pemOf(cluster, 'certificate-authority'),
    serverName: textOf(cluster, 'tls-server-name'),
    namespace: textOf(context, 'namespace'),
    token: textOf(user, 'token'),
    tokenFile: textOf(user, 'tokenFile'),
    cert,
    key,
  };
}

/** They run programs, or were removed from Kubernetes. */
const UNSUPPORTED = ['exec', 'auth-provider', 'username', 'as'];

function of(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function textOf(value: unknown, key: string): string | null {
  const found = of(value, key);
  return typeof found === 'string' && found !== '' ? found : null;
}

function listOf(value: unknown, key: string): readonly unknown[] {
  const found = of(value, key);
  return Array.isArray(found) ? found : [];
}

function namedIn(content: unknown, list: string, key: string, name: string): unknown {
  const entry = listOf(content, list).find((each) => of(each, 'name') === name);
  return entry === undefined ? undefined : (of(entry, key) ?? {});
}

function namesIn(content: unknown, list: string): string {
  const names = listOf(content, list).flatMap((each) => textOf(each, 'name') ?? []);
  return names.slice(0, 10).join(', ') || 'none';
}

/** The data wins over the file, as in kubectl. */
function pemOf(value: unknown, key: string): PemSource | null {
  const base64 = textOf(value, `${key}-data`);
  if (base64 !== null) return { kind: 'pem', base64 };
  const file = textOf(value, key);
  return file === null ? null : { kind: 'file', file };
}
