/** What an error of the gateway becomes for a client of gRPC: a head with a status, and nothing after it. */
import type { GatewayError } from '../errors.ts';
import { encodeGrpcMessage } from './core/grpc-fields.ts';
import { grpcStatusOf } from './core/grpc-status.ts';

export interface GrpcAnswer {
  readonly grpcStatus: number;
  /** Name and value alternating. */
  readonly fields: string[];
}

/** @param limitFields see Exchange; they may say when to try again */
export function grpcAnswer(error: GatewayError, requestId: string, limitFields: readonly string[] | null): GrpcAnswer {
  const grpcStatus = grpcStatusOf(error);
  const message = encodeGrpcMessage(`${error.code}: ${error.message}`);
  const fields = ['content-type', 'application/grpc', 'grpc-status', String(grpcStatus), 'grpc-message', message];
  fields.push('x-request-id', requestId);
  const retryAfterMs = error.retryAfterMs ?? retryAfter(limitFields);
  // When to try again (grpc/proposal: A6).
  if (retryAfterMs !== undefined) fields.push('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)));
  return { grpcStatus, fields };
}

function retryAfter(fields: readonly string[] | null): number | undefined {
  const at = fields?.indexOf('retry-after') ?? -1;
  return at === -1 ? undefined : Number(fields![at + 1]) * 1000;
}
