import { KNOWN_ISSUERS } from '../../acme/core/acme-vocabulary.ts';
import { parseCertificates, type PemFiles } from '../../certificates/pem-files.ts';
import { parseAddress } from '../../net/ip-address.ts';
import type { Path } from '../file/path.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import { isIssuerName } from '../schema/acme-formats.ts';
import type { ConfigFile, IssuerFile } from '../schema/schema.ts';
import type { Draft } from './draft.ts';

type Tls = NonNullable<Draft<ConfigFile>['tls']>;
type Issuers = Readonly<Record<string, Draft<IssuerFile> | undefined>>;

/** Automatic certificates: authorities that exist, are agreed with, and can validate the names. */
export function checkAcme({ tls, database }: Draft<ConfigFile>, files: PemFiles, show: Show): readonly Finding[] {
  if (tls === undefined) return [];
  const issuers: Issuers = tls.acme ?? {};
  const used = [...(tls.certificates ?? []).entries()].filter(([, given]) => given?.acme !== undefined);
  return [
    ...Object.entries(issuers).flatMap(([name, issuer]) => checkIssuer(tls, name, issuer ?? {}, files, show)),
    ...used.flatMap(([at]) => checkCertificate(tls, at, show)),
    ...checkOnDemand(tls, show),
    ...(used.length > 0 ? checkStorage(tls, database) : []),
  ];
}

function checkIssuer(
  tls: Tls,
  name: string,
  issuer: Draft<IssuerFile>,
  files: PemFiles,
  show: Show,
): readonly Finding[] {
  const path = ['tls', 'acme', name];
  const findings: Finding[] = [];
  if (!isIssuerName(name)) findings.push(finding(path, 'a name has 1 to 32 lower-case letters, digits and dashes'));
  if (issuer.agree === false)
    findings.push(finding([...path, 'agree'], 'read its terms of service, and set agree: true'));
  if (issuer.challenges?.length === 0)
    findings.push(finding([...path, 'challenges'], 'an empty list; it has to validate names somehow'));
  if (issuer.challenges?.includes('dns-01') === true && !('dns_hook' in issuer))
    findings.push(finding([...path, 'dns_hook'], 'missing; dns-01 needs it', { others: [[...path, 'challenges']] }));
  const { ca_file: ca, dns_hook: hook } = issuer;
  const fault = hook === undefined ? undefined : hookFault(hook, files, show([...path, 'dns_hook'], hook));
  if (fault !== undefined) findings.push(finding([...path, 'dns_hook'], fault));
  if (ca !== undefined && files.mayRead(ca)) {
    try {
      parseCertificates(files.read(ca));
    } catch (error) {
      const key = [...path, 'ca_file'];
      findings.push(finding(key, `"${show(key, ca)}" ${(error as Error).message}`));
    }
  }
  return [...findings, ...checkFallback(tls, name, issuer, show)];
}

/** It is run: a token for the admin API must not be enough for that. */
function hookFault(hook: string, files: PemFiles, shown: string): string | undefined {
  if (!files.mayRead(hook)) return 'a program that the current file does not use; the API cannot add one';
  const fault = files.faultOfProgram(hook);
  return fault && `"${shown}" ${fault}`;
}

/** An authority that exists, and no circle. */
function checkFallback(tls: Tls, name: string, { fallback }: Draft<IssuerFile>, show: Show): readonly Finding[] {
  if (fallback === undefined) return [];
  const path = ['tls', 'acme', name, 'fallback'];
  const unknown = checkName(tls, fallback, path, show);
  if (unknown.length > 0) return unknown;
  const seen = new Set([name]);
  for (let next: string | undefined = fallback; next !== undefined; next = tls.acme?.[next]?.fallback) {
    // A circle further on is reported there.
    if (next === name) return [finding(path, `leads back to ${name}, so there is no end`)];
    if (seen.has(next)) return [];
    seen.add(next);
  }
  return [];
}

function checkName(tls: Tls, name: string, path: Path, show: Show): readonly Finding[] {
  const own = Object.keys(tls.acme ?? {});
  if (own.includes(name)) return [];
  const known = Object.keys(KNOWN_ISSUERS);
  if (!known.includes(name)) {
    const all = [...new Set([...own, ...known])].join(', ');
    return [finding(path, `"${show(path, name)}" is not in tls.acme; there are: ${all}`)];
  }
  if ('acme_email' in tls) return [];
  const others = [path];
  const message = `missing; ${name} needs it: with your address you agree to the terms of service of Let's Encrypt`;
  return [finding(['tls', 'acme_email'], message, { others })];
}

function checkCertificate(tls: Tls, at: number, show: Show): readonly Finding[] {
  const { acme = '', hosts, ...given } = tls.certificates![at]!;
  const path = ['tls', 'certificates', String(at)];
  const unknown = checkName(tls, acme, [...path, 'acme'], show);
  // On demand, each name below a wildcard gets a certificate of its own.
  if (unknown.length > 0 || 'on_demand' in given) return unknown;
  const wildcard = (hosts ?? []).findIndex((host) => host?.startsWith('*.') === true);
  const issuer = tls.acme?.[acme];
  if (wildcard === -1 || (issuer !== undefined && 'dns_hook' in issuer)) return [];
  const key = [...path, 'hosts', String(wildcard)];
  const message = `"${show(key, hosts![wildcard]!)}" is a wildcard, which authorities validate by dns-01 only: set tls.acme.${acme}.dns_hook`;
  return [finding(key, message)];
}

/** One entry, for names, and none that is served to clients that ask for another. */
function checkOnDemand(tls: Tls, show: Show): readonly Finding[] {
  const all = [...(tls.certificates ?? []).entries()].filter(
    ([, given]) => given !== undefined && 'on_demand' in given,
  );
  const pathOf = (at: number): Path => ['tls', 'certificates', String(at)];
  const [first, ...more] = all;
  if (first === undefined) return [];
  const [at, given] = first;
  return [
    ...more.map(([other]) =>
      finding([...pathOf(other), 'on_demand'], `only one certificate may have it, and ${pathOf(at).join('.')} does`, {
        others: [[...pathOf(at), 'on_demand']],
      }),
    ),
    ...(given?.hosts ?? []).flatMap((host, index) => {
      if (parseAddress(host ?? '') === undefined) return [];
      const key = [...pathOf(at), 'hosts', String(index)];
      return [finding(key, `"${show(key, host ?? '')}" is an address, and no client asks for one by name`)];
    }),
    ...(at === 0 && tls.unknown_name === 'default'
      ? [
          finding(
            [...pathOf(at), 'on_demand'],
            'not in the first certificate, which is the one for unknown names (unknown_name: default)',
            { others: [['tls', 'unknown_name']] },
          ),
        ]
      : []),
  ];
}

/** In a file of this gateway's own, the key could not be read by others. */
function checkStorage(tls: Tls, database: Draft<ConfigFile>['database']): readonly Finding[] {
  const isShared = database?.url !== undefined && database.url !== '';
  if (!isShared || (tls.storage_key !== undefined && tls.storage_key !== '')) return [];
  const message =
    'missing; it encrypts the private keys in PostgreSQL, the same on every gateway: make one with openssl rand -hex 32';
  return [finding(['tls', 'storage_key'], message, { others: [['database', 'url']] })];
}
