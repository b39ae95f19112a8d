/** Heads and trailers as HTTP/2 has them (RFC 9113, section 8). */
import type { UpstreamRequest } from '../../http/upstream-side.ts';

/** Of a request: name and value alternating, control data first. node:http2 writes names in lower case. */
export function requestFields({ method, target, host, fields }: UpstreamRequest, scheme: 'http' | 'https'): string[] {
  return [':method', method, ':scheme', scheme, ':authority', host, ':path', target, ...fields];
}

/**
 * Whether Node waits for trailers before it ends the stream. All bodies that arrive in pieces need it, although it costs
 * a frame: without it, Node ends the stream before it resets it, and a request that was aborted looks complete.
 */
export function waitsForTrailers({ body }: UpstreamRequest): boolean {
  return body !== null && !Buffer.isBuffer(body);
}

/** What a field counts for besides its name and value (RFC 9113, 6.5.2). */
export const FIELD_OVERHEAD = 32;

/** As SETTINGS_MAX_HEADER_LIST_SIZE counts it. */
export function headBytes(raw: readonly string[]): number {
  let bytes = raw.length * (FIELD_OVERHEAD / 2);
  for (const text of raw) bytes += text.length;
  return bytes;
}

/** For node:http2, which takes trailers by name. */
export function trailerObject(trailers: readonly (readonly [string, string])[]): Record<string, string[]> {
  const byName: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of trailers) (byName[name.toLowerCase()] ??= []).push(value);
  return byName;
}
