/** Heads and trailers as HTTP/2 has them (RFC 9113, section 8). */
import type { UpstreamRequest } from '../../http/upstream-side.ts';

/** Of a request: name and value alternating, control data first. node:http2 writes names in lower case. */
export function requestFields({ method, target, host, fields }: UpstreamRequest, scheme: 'http' | 'https'): string[] {
  return [':method', method, ':scheme', scheme, ':authority', host, ':path', target, ...fields];
}

/**
 * Trailers cost a frame even if none come, so they are announced only where they may: a body of unknown length that is
 * not gRPC's, whose requests never have any.
 */
export function mayHaveTrailers({ body, fields }: UpstreamRequest): boolean {
  return body !== null && !Buffer.isBuffer(body) && !body.hasLength && !isGrpc(fields);
}

function isGrpc(fields: readonly string[]): boolean {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    // Not gRPC-Web, which has trailers in its body.
    if (name.length === 12 && name.toLowerCase() === 'content-type')
      return /^application\/grpc(?!-)/.test(fields[at + 1]!);
  }
  return false;
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
