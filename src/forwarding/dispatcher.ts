/**
 * What @fastify/reply-from forwards with: an object with `request(options, callback)`, the shape of undici's own. It
 * finds the exchange in the options and starts a Forwarding; reply-from hears of the head and of failures.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Random } from '../core/random.ts';
import type { Via } from './message/via.ts';
import type { BackendRow } from '../backends/backend-row.ts';
import type { Breaker } from '../breaker/outcomes.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import { type ForwardedExchange, Forwarding } from './forwarding.ts';
import type { HeadFlushes } from './relay.ts';
import type { Upstreams } from './upstreams.ts';

export interface ForwardingPorts {
  readonly clock: SharedClock;
  readonly via: Via;
  readonly row: BackendRow;
  readonly breaker: Breaker;
  readonly upstreams: Upstreams;
  readonly flushes: HeadFlushes;
  readonly random: Random;
  readonly onRetry: () => void;
  /** The gateway is stopping: clients are told to close their connections. */
  readonly isStopping: () => boolean;
}

/** Travels through reply-from in place of the header fields, which Forwarding makes itself from the raw ones. */
export interface Carrier {
  readonly exchange: ForwardedExchange;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What reply-from reads of an answer: nothing but the status, for `body` is handed to onResponse as it is. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Forwarding;
}

const NO_HEADERS: Record<string, string> = {};

export class Dispatcher {
  readonly #ports: ForwardingPorts;

  constructor(ports: ForwardingPorts) {
    this.#ports = ports;
  }

  request(
    options: { readonly headers: Carrier },
    callback: (error: Error | null, answer: Answer | null) => void,
  ): void {
    const { exchange, request, response } = options.headers;
    new Forwarding(this.#ports, exchange, request, response, (error, forwarding) => {
      if (forwarding === null) callback(error, null);
      else callback(null, { statusCode: exchange.status, headers: NO_HEADERS, body: forwarding });
    }).start();
  }
}
