/** Which URLs lead to the gateway itself: requests sent there would come back again and again. */
import { hostname, networkInterfaces } from 'node:os';
import { bareHost, withoutH2c } from '../../net/backend-url.ts';
import { contains, formatAddress, parseAddress, parseCidr } from '../../net/ip-address.ts';

export interface OwnListener {
  readonly name: 'public' | 'TLS' | 'admin';
  readonly host: string;
  /** 0: not known yet, so nothing can lead there. */
  readonly port: number;
}

/** Names of this machine. */
export interface Machine {
  /** Of its interfaces. */
  readonly addresses: readonly string[];
  readonly name: string;
}

export function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  return { addresses, name: hostname() };
}

const LOOPBACK = ['127.0.0.1', '::1'];
const ALL_LOOPBACK = parseCidr('127.0.0.0/8')!;

/**
 * The listener that a URL leads to, as far as its text shows: by address, localhost or the machine's name. Other names
 * are only known once they are resolved; loops through those are broken by Via (src/forwarding/message/via.ts).
 */
export function ownListener(url: string, listeners: readonly OwnListener[], machine: Machine): OwnListener | undefined {
  const parsed = URL.parse(withoutH2c(url));
  if (parsed === null) return undefined;
  const { hostname: host, port, protocol } = parsed;
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const there = addressesOf(bareHost(host), machine);
  return listeners.find((own) => {
    if (own.port !== number) return false;
    const here = listensOn(own.host, machine);
    return there.some((address) => here(address));
  });
}

/** Canonical. A connection to "all addresses" goes to this machine. */
function addressesOf(host: string, { addresses, name }: Machine): readonly string[] {
  const lower = host.toLowerCase().replace(/\.$/, '');
  if (lower === 'localhost' || lower.endsWith('.localhost')) return LOOPBACK;
  if (lower === name.toLowerCase() || lower === name.toLowerCase().split('.', 1)[0]) {
    return [...addresses.map(canonical), ...LOOPBACK];
  }
  const address = canonical(lower);
  return address === '0.0.0.0' || address === '::' ? LOOPBACK : [address];
}

function listensOn(host: string, machine: Machine): (address: string) => boolean {
  const listening = canonical(host);
  if (listening !== '0.0.0.0' && listening !== '::') {
    const own = addressesOf(host, machine);
    return (address) => own.includes(address);
  }
  const local = new Set([...machine.addresses.map(canonical), ...LOOPBACK]);
  return (address) => {
    const parsed = parseAddress(address);
    // Without IPv6, it reaches nothing; with it, "all addresses" of IPv6 include those of IPv4.
    if (parsed === undefined || (listening === '0.0.0.0' && address.includes(':'))) return false;
    return local.has(address) || contains(ALL_LOOPBACK, parsed);
  };
}

function canonical(host: string): string {
  const address = parseAddress(host);
  return address === undefined ? host.toLowerCase() : formatAddress(address);
}

/** For the user who configured such a backend. */
export function explainOwn({
  name,
  host,
  port,
}: Readonly<Record<'name' | 'host', string>> & { readonly port: number | string }): string {
  return `leads to the ${name} port of this gateway (${host}:${port}): requests would come back to it`;
}
