/**
 * What @fastify/reply-from forwards with: an object with `request(options, callback)`, the shape of undici's own. It
 * finds the exchange in the options and starts a Forwarding; reply-from hears of the head and of failures.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { Forwarding } from './forwarding.ts';
import type { ForwardingPorts } from './forwarding-ports.ts';

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
