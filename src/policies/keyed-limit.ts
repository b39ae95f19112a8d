/** A route's limit for each value of a key, such as a claim or a header field, instead of for each client. */
import { hash } from 'node:crypto';
import type { RouteSettings } from '../config/settings.ts';
import type { Placeholder } from '../core/placeholder-vocabulary.ts';
import { Template, type TemplateValues } from '../core/template.ts';
import type { BucketPolicy } from '../limits/client-table.ts';
import { limitPolicy } from '../limits/limit-policy.ts';
import { type DescribedRequest, RequestValues } from './request-values.ts';

/** Longer ones are hashed: Redis and the log have them as they are. */
const MAX_KEY_LENGTH = 128;

export class KeyedLimit {
  readonly route: string;
  readonly policy: BucketPolicy;
  readonly cost: number;
  readonly dryRun: boolean;
  readonly #template: Template;

  constructor(route: string, template: string, policy: BucketPolicy, cost: number, dryRun: boolean) {
    this.route = route;
    this.policy = policy;
    this.cost = cost;
    this.dryRun = dryRun;
    this.#template = new Template(template);
  }

  /** Null: the route has none. */
  static of({ name, cost, costFrom, rateLimit }: RouteSettings): KeyedLimit | null {
    const client = rateLimit?.client ?? null;
    if (client === null || client.key === null) return null;
    return new KeyedLimit(name, client.key, limitPolicy(client), costFrom?.estimate ?? cost, rateLimit!.dryRun);
  }

  /** Whose limit it is. A request without one of the values that make the key counts as its client's. */
  keyOf(request: DescribedRequest): string {
    const values = new GivenValues(request);
    const text = this.#template.fill(values);
    // The kinds are apart, so that nobody can name a client as the key.
    if (values.isIncomplete) return `client ${request.client}`;
    const isPlain = text.length <= MAX_KEY_LENGTH && /^[\x21-\x7e]+$/.test(text);
    return isPlain ? `key ${text}` : `hash ${hash('sha256', text, 'base64url')}`;
  }
}

/** Notices what is missing. */
class GivenValues implements TemplateValues {
  isIncomplete = false;
  readonly #values: RequestValues;

  constructor(request: DescribedRequest) {
    this.#values = new RequestValues(request);
  }

  valueOf(placeholder: Placeholder, argument: string): string | undefined {
    const value = this.#values.valueOf(placeholder, argument);
    if (value === undefined || value === '') this.isIncomplete = true;
    return value;
  }
}
