/** What is different about a request of gRPC on its way to a backend: its deadline, and the status in its trailers. */
import type { AttemptOutcome } from '../breaker/breaker.ts';
import { isGrpcType, parseGrpcTimeout, withGrpcTimeout } from '../grpc/core/grpc-fields.ts';
import { GRPC, grpcStatusIn, isBackendFailure } from '../grpc/core/grpc-status.ts';
import type { ClientRequest } from '../http/client-side.ts';

/** A client can set any deadline: missing a shorter one says nothing about the backend. */
const MIN_TELLING_MS = 1000;
/** Of setTimeout. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class GrpcCall {
  /** Until the head of the answer, ms: the smaller one of the client's and the route's; 0: none. */
  readonly timeoutMs: number;
  /** The client's own is the smaller one. */
  readonly isClients: boolean;
  /** Of the call; −1 until there is one. */
  status = -1;
  readonly #startMs: number;

  private constructor(timeoutMs: number, isClients: boolean, startMs: number) {
    this.timeoutMs = timeoutMs;
    this.isClients = isClients;
    this.#startMs = startMs;
  }

  /** Null: it is not of gRPC. @param routeMs its timeout; 0: none. @param startMs of the exchange */
  static of({ headers }: ClientRequest, routeMs: number, startMs: number): GrpcCall | null {
    if (!isGrpcType(headers['content-type'])) return null;
    const clientsMs = parseGrpcTimeout(headers['grpc-timeout']);
    const isClients = clientsMs !== undefined && (routeMs === 0 || clientsMs < routeMs);
    return new GrpcCall(isClients ? Math.min(MAX_TIMER_MS, Math.max(1, clientsMs)) : routeMs, isClients, startMs);
  }

  /** The backend learns how much time is left, as far as the client asked it to. @param head see forwarded-head.ts */
  headAt(nowMs: number, head: string[], { headers }: ClientRequest): string[] {
    if (headers['grpc-timeout'] === undefined || this.timeoutMs === 0) return head;
    return withGrpcTimeout(head, this.#startMs + this.timeoutMs - nowMs);
  }

  /** @param fields of the head or the trailers, name and value alternating */
  learn(fields: readonly string[]): void {
    const status = grpcStatusIn(fields);
    if (status !== -1) this.status = status;
  }

  /** What the end of an answer with HTTP status 200 says about the backend. */
  get outcome(): AttemptOutcome {
    if (this.status === GRPC.deadlineExceeded) return this.isDeadlineTelling ? 'timeout' : 'none';
    return isBackendFailure(this.status) ? 'failure' : 'success';
  }

  get isDeadlineTelling(): boolean {
    return !this.isClients || this.timeoutMs >= MIN_TELLING_MS;
  }
}
