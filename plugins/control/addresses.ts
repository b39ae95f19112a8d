/** Resolves the host names of backends: in this thread only, for probes and traffic threads. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { BackendAddresses } from '../../src/addresses/control/backend-addresses.ts';
import { askSystem, DnsClient } from '../../src/addresses/control/dns-client.ts';
import { parseHosts } from '../../src/addresses/control/hosts-file.ts';
import { createLookups, type CreateLookup } from '../../src/addresses/control/name-lookup.ts';
import type { Settings } from '../../src/config/settings.ts';
import { WatchedText } from '../../src/runtime/watched-text.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly dns: DnsClient;
    /** The lookup of one host name. */
    readonly lookupOf: CreateLookup;
    readonly backendAddresses: BackendAddresses;
    /** Calls `listener` when an address that traffic uses has changed. One listener. */
    readonly onAddressChange: (listener: () => void) => void;
  }
}

export interface AddressesOptions {
  readonly settings: Settings;
  readonly log: Logger;
}

async function addresses(app: FastifyInstance, { settings, log }: AddressesOptions): Promise<void> {
  const { nowMs } = app.tables.clock;
  const hosts = new WatchedText('/etc/hosts', parseHosts);
  const dns = new DnsClient(settings.dns);
  app.addHook('onClose', async () => dns.stop());
  let listener = (): void => {};
  const lookupOf = createLookups({
    hosts: () => hosts.read(),
    rules: () => dns.rules(),
    query: (name, family) => dns.query(name, family),
    system: () => (dns.servers.length === 0 ? askSystem : null),
    delay: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()),
    nowMs,
  });
  const found = new BackendAddresses({
    lookupOf,
    clampTtlMs: dns.clampTtlMs,
    nowMs,
    schedule: runLater,
    log,
    events: app.events,
    onChange: () => listener(),
  });
  app.addHook('onClose', async () => found.stop());
  app.decorate('dns', dns);
  app.decorate('lookupOf', lookupOf);
  app.decorate('backendAddresses', found);
  app.decorate('onAddressChange', (wanted: () => void) => {
    listener = wanted;
  });
  await found.prepare(settings);
}

function runLater(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms).unref();
  return () => clearTimeout(timer);
}

export default fp(addresses, { name: 'addresses', dependencies: ['tables', 'event-log'] });
