import { HostTable } from '../../certificates/core/host-match.ts';
import { canonicalHostName } from '../../net/host-name.ts';
import { parseAddress } from '../../net/ip-address.ts';
import type { ConfigFile } from '../schema/schema.ts';
import type { Draft } from './draft.ts';
import type { Warning } from '../file/problem.ts';

/** The port itself may be at any of these, with any certificate that names it by address. */
const WILDCARDS = ['0.0.0.0', '::'];

/** @param hosts of all certificates, canonical */
export function checkAdminTls({ admin }: Draft<ConfigFile>, hosts: readonly string[]): readonly Warning[] {
  if (admin?.tls !== true || admin.host === undefined) return [];
  const names = ['localhost', '127.0.0.1', '::1', admin.host, ...(admin.allowed_hosts ?? [])];
  const table = new HostTable(hosts.map((host) => [host, host] as const));
  const isServed = names.some((name) => {
    const canonical = canonicalHostName(name ?? '');
    return canonical !== undefined && table.find(canonical) !== undefined;
  });
  const isByAddress = WILDCARDS.includes(admin.host) && hosts.some((host) => parseAddress(host) !== undefined);
  if (isServed || isByAddress) return [];
  const message =
    'no certificate is for a host that the admin port accepts: localhost, its address, or one in admin.allowed_hosts';
  return [{ key: 'admin.tls', message }];
}
