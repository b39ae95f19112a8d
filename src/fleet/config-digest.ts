/** A digest of a configuration, by which gateways notice that theirs differ. */
import { createHmac } from 'node:crypto';
import type { Settings } from '../config/settings.ts';

/** Characters: enough to tell a dozen configurations apart, few enough to read out. */
const LENGTH = 12;

/**
 * Without what differs between the gateways of a fleet on purpose: names, addresses, ports, folders, and the size of the
 * machine. With secrets, so that a different token is noticed; that is why it takes a key.
 *
 * @param key a secret that all gateways of the fleet share
 */
export function configDigest(settings: Settings, key: string): string {
  const { server, tls, admin, database, fleet, pools, ...rest } = settings;
  const { host: _host, port: _port, threads: _threads, maxConnections: _connections, ...sameServer } = server;
  const { host: _adminHost, port: _adminPort, ...sameAdmin } = admin;
  const { url: _url, gateway: _gateway, dataDir: _dataDir, ...sameDatabase } = database;
  const { name: _name, ...sameFleet } = fleet;
  const shared = {
    ...rest,
    server: sameServer,
    admin: sameAdmin,
    database: sameDatabase,
    fleet: sameFleet,
    tls: tls === null ? null : { ...tls, port: 0 },
    pools: pools.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  };
  return createHmac('sha256', key).update(JSON.stringify(shared, sorted)).digest('hex').slice(0, LENGTH);
}

/** The order of keys in a file says nothing. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
