/** The two messages of gRPC's health protocol, grpc.health.v1 (grpc/grpc: doc/health-checking.md). */

export const HEALTH_PATH = '/grpc.health.v1.Health/Check';

const SERVING = 1;
const NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Flag and length before a message. */
const PREFIX_BYTES = 5;
/** Protobuf: field 1 as text, and as a number. */
const TEXT_FIELD_1 = 0x0a;
const NUMBER_FIELD_1 = 0x08;

/** A request with its prefix. @param service below 2 KiB; empty: the server as a whole */
export function healthRequest(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const length = varint(name.length);
  const message = name.length === 0 ? [] : [TEXT_FIELD_1, ...length, ...name];
  const bytes = message.length;
  return Uint8Array.of(0, 0, 0, bytes >> 8, bytes & 0xff, ...message);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

/** Why the server is not healthy according to its answer, with its prefix; null: it is. */
export function unhealthyReason(body: Uint8Array): string | null {
  if (body.length < PREFIX_BYTES || body[0] !== 0) return 'no health status';
  const status = statusIn(body.subarray(PREFIX_BYTES));
  if (status === null) return 'no health status';
  return status === SERVING ? null : (NAMES[status] ?? `health status ${status}`);
}

/** A field that is missing has its default, 0. */
function statusIn(message: Uint8Array): number | null {
  if (message.length === 0) return 0;
  return message.length >= 2 && message[0] === NUMBER_FIELD_1 && message[1]! < 0x80 ? message[1]! : null;
}
