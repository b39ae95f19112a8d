/** A route whose answer is a redirect (RFC 9110, 15.4). */
import type { OwnAnswer } from '../../http/own-answer-parts.ts';
import type { RouteFault } from '../../routing/route-fault.ts';
import type { RouteAnswer } from '../../routing/route-policies.ts';
import type { DescribedRequest } from '../request-values.ts';
import type { RedirectLocation } from './redirect-location.ts';

export class RedirectAnswer implements RouteAnswer {
  readonly #location: RedirectLocation;
  readonly #status: number;

  constructor(location: RedirectLocation, status: number) {
    this.#location = location;
    this.#status = status;
  }

  answerTo(exchange: DescribedRequest): OwnAnswer | RouteFault {
    const location = this.#location.of(exchange);
    return typeof location === 'string' ? { status: this.#status, fields: { location }, body: '' } : location;
  }
}
