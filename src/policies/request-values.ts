/** What placeholders stand for, from a request and what the gateway knows about it. */
import { claimText } from '../auth/core/claim-text.ts';
import type { GeoLocation } from '../geo/client-geo.ts';
import { clientScheme } from '../http/client-scheme.ts';
import type { LinearExpression } from '../net/linear-expression.ts';
import type { Placeholder } from '../core/placeholder-vocabulary.ts';
import type { TemplateValues } from '../core/template.ts';
import type { ClientRequest } from '../http/client-side.ts';

/** The part of an exchange that placeholders read. */
export interface DescribedRequest {
  readonly requestId: string;
  readonly response: { readonly req: ClientRequest };
  readonly target: string;
  readonly clientAddress: string;
  readonly geo: GeoLocation | null;
  /** Bucket key, such as `id:shop`; empty: not identified. */
  readonly client: string;
  readonly isPeerTrusted: boolean;
  readonly route: unknown;
  readonly verified: { readonly user: string } | null;
  readonly claims: Readonly<Record<string, unknown>> | null;
}

interface DescribedRoute {
  readonly name: string;
  readonly expression: LinearExpression | null;
}

export class RequestValues implements TemplateValues {
  readonly #exchange: DescribedRequest;

  constructor(exchange: DescribedRequest) {
    this.#exchange = exchange;
  }

  valueOf(placeholder: Placeholder, argument: string): string | undefined {
    const exchange = this.#exchange;
    const request = exchange.response.req;
    switch (placeholder) {
      case 'request_id':
        return exchange.requestId;
      case 'client_address':
        return exchange.clientAddress;
      case 'geo':
        return exchange.geo?.name;
      case 'client_id':
        return exchange.client === ''
          ? exchange.clientAddress
          : exchange.client.slice(exchange.client.indexOf(':') + 1);
      case 'auth_user':
        return exchange.verified?.user;
      case 'route':
        return (exchange.route as DescribedRoute | null)?.name;
      case 'method':
        return request.method;
      case 'scheme':
        return clientScheme(request, exchange.isPeerTrusted);
      case 'host':
        return request.headers.host;
      case 'path':
        return this.path;
      case 'query':
        return exchange.target.slice(this.path.length);
      case 'group':
        return (exchange.route as DescribedRoute | null)?.expression?.match(this.path)?.[Number(argument)];
      case 'header':
        return request.headers[argument.toLowerCase()];
      case 'jwt':
        return claimText(exchange.claims, argument);
    }
  }

  protected get path(): string {
    const { target } = this.#exchange;
    const query = target.indexOf('?');
    return query === -1 ? target : target.slice(0, query);
  }
}
