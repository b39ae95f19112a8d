import { parse } from 'yaml';

import type { PemFiles } from '../../../certificates/pem-files.ts';
import { kubeContext } from '../../../discovery/core/kubeconfig.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding, type Warning } from '../../file/problem.ts';
import type { Show } from '../../file/references.ts';
import type { ConfigFile } from '../../schema/schema.ts';
import { checkTlsFiles, unreadTlsFiles } from '../check-tls.ts';
import type { Draft } from '../draft.ts';
import { notOpened } from '../warnings.ts';

const ETCD = ['discovery', 'etcd'];
const CONSUL = ['discovery', 'consul'];
const KUBERNETES = ['discovery', 'kubernetes'];

/** Registries that pools get members from: they can be reached, and what their keys need is there. */
export function checkRegistries(file: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Finding[] {
  const { etcd, consul } = file.discovery ?? {};
  return [
    ...checkUrls(file),
    ...(etcd?.user !== undefined && etcd.password === undefined
      ? [finding([...ETCD, 'password'], 'missing; user needs it', { others: [[...ETCD, 'user']] })]
      : []),
    ...checkKubeconfig(file, files, show),
    ...checkRouteSources(file),
    ...checkTlsOf(ETCD, etcd?.tls, etcd?.urls ?? [], files, show),
    ...checkTlsOf(CONSUL, consul?.tls, consul?.url === undefined ? [] : [consul.url], files, show),
  ];
}

/** Files that were not opened: see unreadFiles. */
export function unreadRegistries({ discovery }: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Warning[] {
  const { etcd, consul, kubernetes } = discovery ?? {};
  const { kubeconfig } = kubernetes ?? {};
  const at = [...KUBERNETES, 'kubeconfig'];
  return [
    ...(etcd?.tls === undefined ? [] : unreadTlsFiles(etcd.tls, [...ETCD, 'tls'], files, show)),
    ...(consul?.tls === undefined ? [] : unreadTlsFiles(consul.tls, [...CONSUL, 'tls'], files, show)),
    ...(kubeconfig === undefined || files.mayRead(kubeconfig)
      ? []
      : [{ key: at.join('.'), message: notOpened(show(at, kubeconfig)) }]),
  ];
}

function checkUrls({ pools, discovery }: Draft<ConfigFile>): readonly Finding[] {
  const user = Object.entries(pools ?? {}).find(([, pool]) => pool?.discover?.etcd !== undefined);
  if (user === undefined || discovery?.etcd?.urls?.length !== 0) return [];
  const others = [['pools', user[0], 'discover', 'etcd']];
  return [finding([...ETCD, 'urls'], 'missing or empty; discover.etcd needs a server', { others })];
}

/** Routes of nothing would be none. */
function checkRouteSources({ discovery }: Draft<ConfigFile>): readonly Finding[] {
  const { routes } = discovery?.kubernetes ?? {};
  if (routes === undefined || WANTED.some((key) => routes[key] !== undefined)) return [];
  return [
    finding([...KUBERNETES, 'routes'], `says nothing about which routes; give at least one of: ${WANTED.join(', ')}`),
  ];
}

const WANTED = ['gateway_class', 'gateway', 'ingress_class'] as const;

function checkKubeconfig({ discovery }: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Finding[] {
  const { kubeconfig, context } = discovery?.kubernetes ?? {};
  const at = [...KUBERNETES, 'kubeconfig'];
  if (kubeconfig === undefined)
    return context === undefined ? [] : [finding([...KUBERNETES, 'context'], 'no effect: kubeconfig is not set')];
  if (!files.mayRead(kubeconfig)) return [];
  const wrong = (what: string): readonly Finding[] => [finding(at, `"${show(at, kubeconfig)}" ${what}`)];
  let text: string;
  try {
    text = files.read(kubeconfig);
  } catch (error) {
    return wrong((error as Error).message);
  }
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 10 });
  } catch {
    return wrong('is not YAML');
  }
  const found = kubeContext(content, context ?? null);
  return typeof found === 'string' ? wrong(found) : [];
}

function checkTlsOf(
  path: Path,
  tls: Parameters<typeof checkTlsFiles>[0] | undefined,
  urls: readonly (string | undefined)[],
  files: PemFiles,
  show: Show,
): readonly Finding[] {
  if (tls === undefined) return [];
  const isUsed = urls.length === 0 || urls.some((url) => url === undefined || /^https:/i.test(url));
  return [
    ...(isUsed ? [] : [finding([...path, 'tls'], 'no effect: there is no https:// URL')]),
    ...checkTlsFiles(tls, [...path, 'tls'], files, show),
  ];
}
