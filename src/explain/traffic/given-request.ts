/** A request that is described, as the plugins of a traffic thread see one: it has no connection and no body. */
import type { Socket } from 'node:net';
import { UnseenResponse } from '../../forwarding/unseen-exchange.ts';
import type { ClientRequest } from '../../http/client-side.ts';
import { type FieldValues, fieldValues } from '../../http/fields/field-values.ts';
import { Exchange } from '../../routing/exchange.ts';
import type { LiveRoute } from '../../routing/live-snapshot.ts';
import type { Pool } from '../../balancing/pool.ts';
import type { ExplainedRequest } from '../core/thread-explanation.ts';

export type GivenExchange = Exchange<LiveRoute, unknown, Pool>;

/** @param startMs of the shared clock */
export function givenExchange(given: ExplainedRequest, startMs: number): GivenExchange {
  return new Exchange('explained', startMs, given.target, new UnseenResponse(new GivenRequest(given)));
}

class GivenRequest implements ClientRequest {
  readonly socket: ClientRequest['socket'];
  readonly scheme: ClientRequest['scheme'];
  readonly method: string;
  readonly httpVersion = '1.1';
  readonly rawHeaders: readonly string[];
  readonly headers: FieldValues;
  readonly hasBody = false;
  readonly complete = true;
  readonly isRead = true;
  readonly upgrade = false;

  constructor({ scheme, method, host, headers, address }: ExplainedRequest) {
    // Nothing else of it is read.
    this.socket = { remoteAddress: address } as Socket;
    this.scheme = scheme;
    this.method = method;
    this.rawHeaders = [...(host === undefined ? [] : ['host', host]), ...Object.entries(headers).flat()];
    this.headers = fieldValues(this.rawHeaders);
  }

  read(): void {
    // It has no body.
  }

  pause(): void {
    // It has no body.
  }

  resume(): void {
    // It has no body.
  }

  unread(): void {
    // It has no body.
  }

  drop(): void {
    // It has no body.
  }
}
