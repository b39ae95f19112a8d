/** Requests that one traffic thread may have at one backend at a time, for lack of connections. */

export interface ConnectionLimits {
  readonly protocol: string;
  readonly maxConnections: number;
  readonly http2: { readonly connections: number; readonly maxStreams: number };
}

/** HTTP/1.1 carries one request per connection. */
export function maxRequests({ protocol, maxConnections, http2 }: ConnectionLimits): number {
  return protocol === 'http1' ? maxConnections : http2.connections * http2.maxStreams;
}
