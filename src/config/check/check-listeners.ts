import { contains, formatAddress, parseAddress, parseCidr } from '../../net/ip-address.ts';
import type { Draft } from './draft.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { ConfigFile } from '../schema/schema.ts';

const LOOPBACK = ['127.0.0.0/8', '::1'].map((block) => parseCidr(block)!);

/** Only this machine can reach it: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  if (address === undefined) return host.toLowerCase() === 'localhost';
  return LOOPBACK.some((block) => contains(block, address));
}

/** Beyond loopback, the minimum length of `admin.token`: anybody can try to guess it. */
const MIN_TOKEN_LENGTH = 20;

/** Too easily guessed where other machines can try. */
export function isWeakToken(token: string | null | undefined): boolean {
  return typeof token === 'string' && token.length < MIN_TOKEN_LENGTH;
}

/** Checks that the two ports differ, that the admin port is protected, and which addresses callers may claim. */
export function checkListeners({ server, tls, admin }: Draft<ConfigFile>, show: Show): readonly Finding[] {
  const findings: Finding[] = [];
  if (admin?.host !== undefined && !isLoopback(admin.host) && !admin.token && (admin.tokens?.length ?? 0) === 0) {
    const message = `missing; admin.host ${show(['admin', 'host'], admin.host)} can be reached from other machines, so every request needs a token`;
    findings.push(finding(['admin', 'token'], message, { others: [['admin', 'host']] }));
  }
  if (admin?.host !== undefined && !isLoopback(admin.host) && admin.token && isWeakToken(admin.token)) {
    const isShown = show(['admin', 'token'], admin.token) === admin.token;
    const length = isShown ? `${admin.token.length} characters` : 'too short';
    const message =
      `${length}; admin.host ${show(['admin', 'host'], admin.host)} can be reached from other machines, so at least ` +
      `${MIN_TOKEN_LENGTH} are needed, as sluice token create makes them`;
    findings.push(finding(['admin', 'token'], message, { others: [['admin', 'host']] }));
  }
  if (admin?.tls === true && tls === undefined) {
    findings.push(finding(['admin', 'tls'], 'needs the section tls, whose certificates it serves'));
  }
  const isSamePort = server?.port !== undefined && server.port !== 0 && server.port === admin?.port;
  if (isSamePort && server.host !== undefined && admin.host !== undefined && overlap(server.host, admin.host)) {
    const shown = (section: 'server' | 'admin', key: 'host' | 'port'): string =>
      show([section, key], (section === 'server' ? server : admin)[key]);
    const message = `${shown('admin', 'port')} on ${shown('admin', 'host')} is taken by the public port (${shown('server', 'host')}:${shown('server', 'port')})`;
    findings.push(finding(['admin', 'port'], message, { others: [['server', 'port']] }));
  }
  findings.push(...checkTlsPort({ server, tls, admin }, show));
  const isOpen = server?.proxy_protocol_from?.length === 0 && server.trust_proxy?.length === 0;
  if (isOpen && server.proxy_protocol !== undefined && server.proxy_protocol !== 'off') {
    const message = 'nobody may send it; name the proxies in server.proxy_protocol_from or server.trust_proxy';
    findings.push(finding(['server', 'proxy_protocol'], message));
  }
  return findings;
}

function checkTlsPort({ server, tls, admin }: Draft<ConfigFile>, show: Show): readonly Finding[] {
  if (tls?.port === undefined || tls.port === 0 || server?.host === undefined) return [];
  const taken = [
    { name: 'public', section: 'server', listener: server },
    { name: 'admin', section: 'admin', listener: admin },
  ].find(({ listener }) => {
    const { host, port } = listener ?? {};
    return port === tls.port && host !== undefined && overlap(server.host!, host);
  });
  if (taken === undefined) return [];
  const message = `${show(['tls', 'port'], tls.port)} is taken by the ${taken.name} port`;
  return [finding(['tls', 'port'], message, { others: [[taken.section, 'port']] })];
}

/** Both would listen on one address: the same one, or one of them is "all addresses". */
function overlap(one: string, other: string): boolean {
  const canonical = (host: string): string => {
    const address = parseAddress(host);
    if (address !== undefined) return formatAddress(address);
    return host.toLowerCase() === 'localhost' ? '127.0.0.1' : host.toLowerCase();
  };
  const hosts = [canonical(one), canonical(other)];
  return hosts[0] === hosts[1] || hosts.some((host) => host === '0.0.0.0' || host === '::');
}
