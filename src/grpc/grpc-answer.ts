/**
 * What an error of the gateway becomes for a client of gRPC: a head with a status, and nothing after it; of gRPC-Web, a
 * body with the status, because pages of other sites see few fields.
 */
import type { GatewayError } from '../errors.ts';
import { encodeGrpcMessage, isGrpcType } from './core/grpc-fields.ts';
import { grpcStatusOf } from './core/grpc-status.ts';
import { trailerFrame, webCoding, webType } from './core/grpc-web.ts';

export interface GrpcAnswer {
  readonly grpcStatus: number;
  /** Name and value alternating. */
  readonly fields: string[];
  /** Latin1. */
  readonly body: string;
}

/**
 * Null: the client expects another protocol.
 *
 * @param limitFields see Exchange; they may say when to try again
 */
export function grpcAnswer(
  error: GatewayError,
  contentType: string | undefined,
  requestId: string,
  limitFields: readonly string[] | null,
): GrpcAnswer | null {
  if (contentType?.startsWith('application/grpc') !== true) return null;
  const coding = webCoding(contentType);
  if (coding === null && !isGrpcType(contentType)) return null;
  const grpcStatus = grpcStatusOf(error);
  const message = encodeGrpcMessage(`${error.code}: ${error.message}`);
  const status: [string, string][] = [
    ['grpc-status', String(grpcStatus)],
    ['grpc-message', message],
  ];
  const retryAfterMs = error.retryAfterMs ?? retryAfter(limitFields);
  // When to try again (grpc/proposal: A6).
  if (retryAfterMs !== undefined) status.push(['grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs))]);
  const fields = ['x-request-id', requestId, 'content-type'];
  if (coding === null) return { grpcStatus, fields: [...fields, 'application/grpc', ...status.flat()], body: '' };
  const frame = Buffer.from(trailerFrame(status));
  const body = coding === 'text' ? frame.toString('base64') : frame.toString('latin1');
  fields.push(webType('application/grpc', coding)!, 'content-length', String(body.length));
  return { grpcStatus, fields, body };
}

function retryAfter(fields: readonly string[] | null): number | undefined {
  const at = fields?.indexOf('retry-after') ?? -1;
  return at === -1 ? undefined : Number(fields![at + 1]) * 1000;
}
