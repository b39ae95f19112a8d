/** Names in /etc/hosts: read by ourselves, so that they do not wait behind names that a server is asked for. */
import { parseAddress } from '../../net/ip-address.ts';

export type Hosts = ReadonlyMap<string, readonly string[]>;

const LOOPBACK = ['127.0.0.1', '::1'];

/** Every address of every name, in the order of the file; hosts(5). */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (names.length === 0 || parseAddress(address) === undefined) continue;
    for (const name of names.map((each) => each.toLowerCase())) {
      const known = hosts.get(name);
      if (known === undefined) hosts.set(name, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}

/** Undefined: neither the file nor RFC 6761, section 6.3, resolves it. */
export function findInHosts(hosts: Hosts, name: string): readonly string[] | undefined {
  return hosts.get(name) ?? (name === 'localhost' || name.endsWith('.localhost') ? LOOPBACK : undefined);
}
