import type { PemFiles } from '../../../certificates/pem-files.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding, type Warning } from '../../file/problem.ts';
import type { Show } from '../../file/references.ts';
import type { ConfigFile, PoolFile } from '../../schema/schema.ts';
import { checkTlsFiles, unreadTlsFiles } from '../check-tls.ts';
import type { Draft } from '../draft.ts';
import { checkSentHeaders } from './check-health.ts';

type Discover = NonNullable<Draft<PoolFile>['discover']>;

/** Keys of sources that depend on each other, and the files that they name. */
export function checkSources(file: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Finding[] {
  return sourcesOf(file).flatMap(([path, { dns, http, docker }]) => [
    ...(dns === undefined ? [] : checkDnsSource(dns, [...path, 'dns'], show)),
    ...(http === undefined ? [] : checkHttpSource(http, [...path, 'http'], files, show)),
    ...(docker === undefined ? [] : checkDockerSource(docker, [...path, 'docker'])),
  ]);
}

/** Files that were not opened. */
export function unreadSourceFiles(file: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Warning[] {
  return sourcesOf(file).flatMap(([path, { http }]) =>
    http === undefined ? [] : unreadTlsFiles(onlyCa(http), [...path, 'http'], files, show),
  );
}

function sourcesOf({ pools = {} }: Draft<ConfigFile>): readonly (readonly [path: Path, discover: Discover])[] {
  return Object.entries(pools).flatMap(([name, pool]) =>
    pool?.discover === undefined ? [] : [[['pools', name, 'discover'], pool.discover] as const],
  );
}

function onlyCa({ ca_file: ca }: NonNullable<Discover['http']>): { ca_file?: string } {
  return ca === undefined ? {} : { ca_file: ca };
}

function checkDnsSource({ type, port, family }: NonNullable<Discover['dns']>, path: Path, show: Show): Finding[] {
  const others = [[...path, 'type']];
  if (type === 'address')
    return port === undefined ? [finding([...path, 'port'], 'missing; type: address needs it', { others })] : [];
  const findings: Finding[] = [];
  const remove = `${show(others[0]!, type ?? 'srv')}`;
  if (port !== undefined)
    findings.push(finding([...path, 'port'], `not with type: ${remove}, whose records have ports`, { others }));
  if (family !== undefined && family !== 'any')
    findings.push(finding([...path, 'family'], `not with type: ${remove}, whose records have names`, { others }));
  return findings;
}

function checkHttpSource(
  http: NonNullable<Discover['http']>,
  path: Path,
  files: PemFiles,
  show: Show,
): readonly Finding[] {
  return [...checkSentHeaders(http.headers, [...path, 'headers']), ...checkTlsFiles(onlyCa(http), path, files, show)];
}

function checkDockerSource({ service, project }: NonNullable<Discover['docker']>, path: Path): Finding[] {
  if (project === undefined || service !== undefined) return [];
  return [finding([...path, 'service'], 'missing; project needs it', { others: [[...path, 'project']] })];
}
