/** Fields of gRPC's messages over HTTP/2 (grpc/grpc: doc/PROTOCOL-HTTP2.md). */

const GRPC_TYPE = 'application/grpc';

/** `application/grpc`, perhaps with a subtype or parameters; gRPC-Web is another protocol. */
export function isGrpcType(contentType: string | undefined): boolean {
  if (contentType?.startsWith(GRPC_TYPE) !== true) return false;
  const next = contentType[GRPC_TYPE.length];
  return next === undefined || next === '+' || next === ';' || next === ' ';
}

const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** `grpc-timeout` in ms: at most eight digits and a unit. Undefined: there is none, or it is malformed. */
export function parseGrpcTimeout(value: string | undefined): number | undefined {
  const [, digits, unit] = (value === undefined ? null : /^([0-9]{1,8})([HMSmun])$/.exec(value)) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNITS_MS[unit!]!;
}

const MAX_DIGITS = 99_999_999;

/** In the smallest unit of µs, ms and s that has room; never 0, which some servers refuse. */
export function formatGrpcTimeout(ms: number): string {
  const us = Math.max(1, Math.floor(ms * 1000));
  if (us <= MAX_DIGITS) return `${us}u`;
  if (ms <= MAX_DIGITS) return `${Math.floor(ms)}m`;
  return `${Math.min(MAX_DIGITS, Math.floor(ms / 1000))}S`;
}

/** A copy of these fields, name and value alternating, with this time in place of the client's. */
export function withGrpcTimeout(fields: readonly string[], ms: number): string[] {
  const copy = fields.filter((_, at) => !isGrpcTimeout(fields[at - (at % 2)]!));
  copy.push('grpc-timeout', formatGrpcTimeout(ms));
  return copy;
}

function isGrpcTimeout(name: string): boolean {
  return name.length === 12 && name.toLowerCase() === 'grpc-timeout';
}

/** `grpc-message`: percent-encoded UTF-8, with printable ASCII as it is. */
export function encodeGrpcMessage(text: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
