/** `bind`: ports, certificates, and certificates of clients. */
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import type { Section } from './haproxy-pools.ts';
import type { Draft } from './haproxy-rules.ts';
import type { HaproxyLine } from './haproxy-syntax.ts';
import { boundAddress } from './haproxy-values.ts';

export function readBinds(
  fronts: readonly Section[],
  drafts: readonly Draft[],
  { root, findings }: GatewayOutline,
): void {
  const binds = fronts.flatMap(({ own }) => own.filter(({ name }) => name === 'bind'));
  const read = binds.flatMap((line) =>
    (line.args[0] ?? '').split(',').flatMap((text) => {
      const address = boundAddress(text);
      if (address !== undefined) return [{ line, ...address, isTls: line.args.includes('ssl') }];
      findings.refuse(line, `"${text}": Sluice listens on one plain port and one for TLS`);
      return [];
    }),
  );
  for (const isTls of [false, true]) {
    const some = read.filter((each) => each.isTls === isTls);
    const [first] = some;
    if (first === undefined) continue;
    root.set([isTls ? 'tls' : 'server', 'port'], first.port, first.line);
    for (const other of some.filter(({ port }) => port !== first.port))
      findings.refuse(
        other.line,
        `port ${other.port}: there is one ${isTls ? 'port with TLS' : 'plain port'}, ${first.port}, and its routes are for all`,
      );
  }
  const hosts = new Set(read.map(({ host }) => host));
  const [host] = hosts;
  if (hosts.size === 1 && host !== undefined && host !== '0.0.0.0') root.set(['server', 'host'], host, read[0]!.line);
  else if (hosts.size > 1 && [...hosts].some((each) => each !== '0.0.0.0' && each !== '::'))
    findings.refuse(read.find((each) => each.host !== '0.0.0.0')?.line, 'all ports are on one address, server.host');
  else if (hosts.has('::')) root.set(['server', 'host'], '::', read.find((each) => each.host === '::')!.line);
  const proxied = binds.find(({ args }) => args.includes('accept-proxy'));
  if (proxied !== undefined) {
    root.set(['server', 'proxy_protocol'], 'any', proxied);
    findings.refuse(proxied, 'accept-proxy: name the peers that may send a PROXY header in server.proxy_protocol_from');
  }
  const secure = binds.filter(({ args }) => args.includes('ssl'));
  if (secure.length > 0) readCertificates(secure, drafts, { root, findings });
}

function valueOf({ args }: HaproxyLine, name: string): string | undefined {
  const at = args.indexOf(name);
  return at === -1 ? undefined : args[at + 1];
}

function readCertificates(
  secure: readonly HaproxyLine[],
  drafts: readonly Draft[],
  { root, findings }: Pick<GatewayOutline, 'root' | 'findings'>,
): void {
  const certificates: Part[] = [];
  const seen = new Set<string>();
  for (const line of secure) {
    for (const [at, word] of line.args.entries()) {
      const file = line.args[at + 1] ?? '';
      if (word === 'crt-list') findings.refuse(line, 'crt-list: name each certificate in tls.certificates');
      if (word !== 'crt' || seen.has(file)) continue;
      seen.add(file);
      if (file.endsWith('/') || !/\.\w+$/.test(file))
        findings.refuse(line, `"${file}" is a folder: name each certificate in tls.certificates`);
      else
        certificates.push(
          new Part().set('cert_file', file, line).set('key_file', file, line, 'certificate and key in one file'),
        );
    }
    if (valueOf(line, 'ssl-min-ver') === 'TLSv1.3') root.set(['tls', 'min_version'], 'TLSv1.3', line);
    readClientAuth(line, drafts, { root, findings });
  }
  if (certificates.length > 0) root.set(['tls', 'certificates'], certificates, secure[0]);
  if (!secure.some(({ args }) => args.includes('strict-sni')))
    root.set(['tls', 'unknown_name'], 'default', secure[0], 'as HAProxy: the first certificate');
}

function readClientAuth(
  line: HaproxyLine,
  drafts: readonly Draft[],
  { root, findings }: Pick<GatewayOutline, 'root' | 'findings'>,
): void {
  const verify = valueOf(line, 'verify');
  if (verify === undefined || verify === 'none') return;
  const hosts = [...new Set(drafts.map(({ match }) => match.host))];
  const authority = valueOf(line, 'ca-file');
  if (authority === undefined) return findings.refuse(line, 'verify needs ca-file');
  const isOpen = drafts.some(({ match, action }) => match.host === undefined && action.get('respond') === undefined);
  const named = hosts.filter((host) => host !== undefined);
  if (isOpen || named.length === 0)
    return findings.refuse(line, 'certificates of clients are demanded by host here, and a route is for any host');
  const auth = new Part()
    .set('hosts', named, line)
    .set('mode', verify === 'required' ? 'require' : 'optional', line)
    .set('ca_file', authority, line);
  const revoked = valueOf(line, 'crl-file');
  if (revoked !== undefined) auth.set('crl_file', revoked, line);
  root.set(['tls', 'client_auth'], [auth], line);
}
