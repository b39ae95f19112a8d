/**
 * Properties on Node's own objects: ours, named sluice…, which belong to the connection or the answer; and Node's
 * internal ones that we read although its types do not include them.
 */
import type { Pool, PoolBackend } from '../balancing/pool.ts';
import type { Caller } from '../identity/request-identity.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { Exchange } from '../routing/exchange.ts';
import type { LiveRoute } from '../routing/live-snapshot.ts';
import type { AddressHash } from '../runtime/connection-table.ts';
import type { WatchedConnection } from '../http/client-side.ts';
import type { ClientProof } from '../tls/client-auth.ts';

declare module 'node:net' {
  interface Socket {
    // ---- of a client
    /** Address data from a PROXY protocol header, which replaces the connection's own. Set by the gate, once. */
    sluicePeer?: IpAddress;
    /** The address that it counts for. Set by the gate, unless the number of connections from it is unlimited. */
    sluiceCounted?: AddressHash;
    /** The peer, a proxy or a client. Set by RequestIdentity, with the first request. */
    sluiceCaller?: Caller;
    /** Reads its requests. Sets itself when the connection is admitted. */
    sluiceConnection?: WatchedConnection;

    /** Of a TLS connection: the one below. Set by the gate. */
    sluiceRaw?: Socket;
    /** Of a TLS connection: what its client has shown. Set by the gate. */
    sluiceProof?: ClientProof;

    // ---- Node's own, in 24 and 26; test/wire/internals.test.ts notices what is missing
    /** Bytes handed to libuv, and those of them that the kernel has not taken yet. */
    readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
  }
}

declare module '../http/client-side.ts' {
  interface ClientResponse {
    /** The request it answers. Set by the plugin access-log; missing only before that. */
    sluiceExchange?: Exchange<LiveRoute, PoolBackend, Pool>;
  }
}

declare module 'node:http' {
  interface IncomingMessage {
    /** The request leaves HTTP with its answer. */
    upgrade?: boolean | null;
    /** Its method, while Fastify's router sees another one. */
    sluiceMethod?: string | undefined;
  }
}
