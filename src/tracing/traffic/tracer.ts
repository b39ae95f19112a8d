/** Gives every request of a traffic thread its place in a trace, and records some of them. */
import type { ClientRequest } from '../../http/client-side.ts';
import type { Random } from '../../core/random.ts';
import { SecretNames } from '../../recording/core/secret-names.ts';
import { isRecorded, type SamplingSettings, type TracingSettings } from '../core/sampling.ts';
import {
  isSampled,
  isTraceparent,
  passedTraceState,
  spanIdOf,
  traceIdOf,
  traceparentOf,
} from '../core/trace-context.ts';
import { WallOffset } from '../core/wall-offset.ts';
import { IdSource } from './id-source.ts';
import { RequestTrace, type TracePorts } from './request-trace.ts';

/** Of the exchange: where it is in a trace. */
export interface TraceHolder {
  readonly response: { readonly req: ClientRequest };
  traceparent: string | null;
  traceState: string;
  trace: RequestTrace | null;
}

export interface TracerPorts {
  readonly spans: TracePorts['spans'];
  /** The peer of the request's connection is a trusted proxy. */
  readonly isPeerTrusted: (request: ClientRequest) => boolean;
  readonly random: Random;
  /** Of the shared clock. */
  readonly nowMs: () => number;
  /** Whole ms since the epoch. */
  readonly wallMs: () => number;
}

export class Tracer {
  /** Null: off, and this test is all that a request pays. */
  #active: { readonly settings: SamplingSettings; readonly trace: TracePorts } | null = null;
  readonly #ports: TracerPorts;
  readonly #ids = new IdSource();
  readonly #offset = new WallOffset();

  constructor(ports: TracerPorts) {
    this.#ports = ports;
  }

  get isOn(): boolean {
    return this.#active !== null;
  }

  /** Null: off. Requests that are running stay as they are. */
  use(settings: TracingSettings | null): void {
    const { spans, nowMs, wallMs } = this.#ports;
    this.#active =
      settings === null
        ? null
        : {
            settings,
            trace: {
              spanId: () => this.#ids.spanId(),
              nowMs,
              wallOffsetMs: () => this.#offset.at(nowMs(), wallMs()),
              secrets: new SecretNames(settings.secretNames),
              spans,
            },
          };
  }

  /** Call it only while it is on. A request that is not recorded costs two ids and a string. */
  begin(exchange: TraceHolder): void {
    const { settings, trace } = this.#active!;
    const { req: request } = exchange.response;
    const given = request.headers['traceparent'];
    const hasParent = isTraceparent(given);
    const traceId = hasParent ? traceIdOf(given) : this.#ids.traceId();
    const isTraced = this.#isRecorded(settings, hasParent ? given : null, request);
    const traceparent = traceparentOf(traceId, this.#ids.spanId(), isTraced);
    exchange.traceparent = traceparent;
    if (hasParent) exchange.traceState = passedTraceState(request.headers['tracestate']);
    if (!isTraced) return;
    const parentSpanId = hasParent ? spanIdOf(given) : '';
    exchange.trace = new RequestTrace(trace, { traceparent, parentSpanId, traceState: exchange.traceState });
  }

  #isRecorded(settings: SamplingSettings, parent: string | null, request: ClientRequest): boolean {
    const { isPeerTrusted, random } = this.#ports;
    if (parent === null) return isRecorded(settings, { from: 'none', isSampled: false }, random());
    // Who sent it matters only then.
    const isAsked = isSampled(parent);
    const isTrusted = isAsked && settings.parent === 'follow' && isPeerTrusted(request);
    return isRecorded(settings, { from: isTrusted ? 'trusted' : 'foreign', isSampled: isAsked }, random());
  }
}
