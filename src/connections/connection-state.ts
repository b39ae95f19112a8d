/**
 * What hangs on Node's own objects: what we put there, named sluice…, for it belongs to the connection or the answer and
 * is found by whoever has that in hand; and what of Node's own we read though its types do not name it.
 */
import type { ServerResponse } from 'node:http';
import type { PoolBackend } from '../balancing/pool.ts';
import type { BucketHash } from '../limits/rate-limiter.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { Exchange } from '../routing/exchange.ts';
import type { Admission, LiveRoute, LiveSnapshot } from '../routing/live-snapshot.ts';
import type { RequestFeed } from './request-feed.ts';

/** What is known of a caller by its address alone: worked out once a connection, unless a proxy stands in between. */
export interface Caller {
  readonly address: IpAddress;
  readonly text: string;
  readonly isTrusted: boolean;
  readonly admission: Admission | undefined;
  readonly key: string;
  readonly hash: BucketHash;
  /** What it was worked out by: with another one of either, it is out of date. */
  readonly snapshot: LiveSnapshot;
  readonly directoryVersion: number;
}

declare module 'node:net' {
  interface Socket {
    // ---- of a client
    /** What a PROXY protocol header says of its other end, instead of the connection itself. Set by the gate, once. */
    sluicePeer?: IpAddress;
    /** Who is at its other end, a proxy or a client. Set by the plugin ratelimit, with the first request. */
    sluiceCaller?: Caller;
    /** Hands what comes on it to the parser. Sets itself, when the connection is let in. */
    sluiceFeed?: RequestFeed;
    /** Its last answer is under way: what else comes on it is nobody's request. Set by linger.ts. */
    sluiceIsClosing?: boolean;
    /** Answers whose turn has not come. Set by the plugin access-log, with the first of them. */
    sluiceQueued?: Set<ServerResponse>;

    // ---- of a backend
    /** True: a write failed, and what the backend sent before is still read; false: that is over. See upstream-socket.ts. */
    sluiceIsLastRead?: boolean;

    // ---- Node's own, in 24 and 26; test/wire/internals.test.ts notices what is missing
    /** The answer under way. */
    readonly _httpMessage?: ServerResponse | null;
    /** What it has handed to libuv, and what of it the kernel has not taken yet. */
    readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
    /** Node's server has stopped reading, for the client does not take its answers. */
    readonly _paused?: boolean;
  }
}

declare module 'node:http' {
  interface ServerResponse {
    /** What it answers. Set by the plugin access-log; missing only before that. */
    sluiceExchange?: Exchange<LiveRoute, PoolBackend>;
  }
  interface IncomingMessage {
    /** Node's own: the request leaves HTTP, its connection is not the server's any more. */
    upgrade?: boolean | null;
  }
}
