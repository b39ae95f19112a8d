/** Resolves the host of a connection that this thread opens for itself, without blocking a thread as getaddrinfo does. */
import { isIPv6, type LookupFunction } from 'node:net';
import type { CreateLookup, Lookup } from './name-lookup.ts';

/** @returns what `lookup` of net.connect takes. Remembers each host: meant for the few of the configuration. */
export function socketLookup(lookupOf: CreateLookup): LookupFunction {
  const lookups = new Map<string, Lookup>();
  return (host, options, callback) => {
    const lookup = lookups.get(host) ?? lookupOf(host);
    lookups.set(host, lookup);
    void lookup().then(
      ({ addresses }) => {
        const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
        const [first] = all;
        if (first === undefined) callback(notFound('host not found'), '', 0);
        else if (options.all === true) callback(null, all);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(notFound((error as Error).message), '', 0),
    );
  };
}

function notFound(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: 'ENOTFOUND' });
}
