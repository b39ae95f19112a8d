/**
 * What @fastify/reply-from forwards with: an object with `request(options, callback)`, like undici's own. It finds the
 * exchange in the options and starts a Forwarding; reply-from is called back with the head or a failure.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher as Undici } from 'undici';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { Forwarding } from './forwarding.ts';
import type { ForwardingPorts } from './forwarding-ports.ts';

const EXCHANGE = Symbol('exchange');

/** Passed through reply-from in place of the header fields, which Forwarding builds itself from the raw ones. */
interface Carrier extends IncomingHttpHeaders {
  readonly [EXCHANGE]: ForwardedExchange;
}

export function carrying(exchange: ForwardedExchange): Carrier {
  return { [EXCHANGE]: exchange };
}

/** What reply-from reads of an answer: the status. It passes the body on, or destroys it when the client has left. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Forwarding;
}

type Request = (
  options: { readonly headers: Carrier },
  callback: (error: Error | null, answer: Answer | null) => void,
) => void;

const NO_HEADERS: Record<string, string> = {};

export class Dispatcher {
  readonly request: Undici['request'];

  constructor(ports: ForwardingPorts) {
    const request: Request = ({ headers: { [EXCHANGE]: exchange } }, callback) => {
      const forwarding = new Forwarding(ports, exchange, (error) => {
        if (error !== null) callback(error, null);
        else callback(null, { statusCode: exchange.status, headers: NO_HEADERS, body: forwarding });
      });
      forwarding.start();
    };
    // undici's types require everything that its own options and answers have.
    this.request = request as unknown as Undici['request'];
  }
}
