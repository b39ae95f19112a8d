/** Pages of a route for errors: of the gateway itself, and of backends if they are intercepted. */
import { STATUS_CODES } from 'node:http';

import { prefersHtml } from '../../http/fields/accepts-html.ts';
import type { FieldValues } from '../../http/fields/field-values.ts';
import type { OwnAnswer } from '../../http/own-answer-parts.ts';
import type { RouteErrorPages } from '../../routing/route-policies.ts';
import { PageTemplate } from './page-template.ts';

/** As settings have them. */
export interface ErrorPagesSettings {
  readonly intercept: boolean;
  /** By status or class, a character a byte. */
  readonly pagesContent: Readonly<Record<string, string>>;
}

export interface FailedRequest {
  readonly requestId: string;
  readonly response: { readonly req: { readonly headers: FieldValues } };
}

/** What a client needs of the answer that it does not get: how to do better. */
const KEPT: ReadonlySet<string> = new Set(['www-authenticate', 'retry-after', 'allow', 'set-cookie']);

export class ErrorPages implements RouteErrorPages {
  readonly #intercepts: boolean;
  readonly #pages: ReadonlyMap<string, PageTemplate>;

  constructor({ intercept, pagesContent }: ErrorPagesSettings) {
    this.#intercepts = intercept;
    this.#pages = new Map(Object.entries(pagesContent).map(([key, content]) => [key, new PageTemplate(content)]));
  }

  has(status: number): boolean {
    return this.#pageFor(status) !== undefined;
  }

  bodyFor(status: number, message: string, { requestId, response }: FailedRequest): Buffer | null {
    const page = this.#pageFor(status);
    if (page === undefined || !prefersHtml(response.req.headers['accept'])) return null;
    return page.fill({ status: String(status), message, request_id: requestId });
  }

  instead(status: number, fields: readonly string[], exchange: FailedRequest): OwnAnswer | null {
    if (!this.#intercepts || status < 400 || !this.has(status)) return null;
    // A call of gRPC has no pages, whatever its HTTP status is.
    if (exchange.response.req.headers['content-type']?.startsWith('application/grpc') === true) return null;
    const message = STATUS_CODES[status] ?? 'Error';
    const page = this.bodyFor(status, message, exchange);
    const type = page === null ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8';
    return {
      status,
      fields: { 'content-type': type, vary: 'accept', ...keptOf(fields) },
      body: page ?? JSON.stringify({ code: status, message, request_id: exchange.requestId }),
    };
  }

  #pageFor(status: number): PageTemplate | undefined {
    return this.#pages.get(String(status)) ?? this.#pages.get(`${Math.trunc(status / 100)}xx`);
  }
}

function keptOf(fields: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const kept: Record<string, string[]> = {};
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!.toLowerCase();
    if (KEPT.has(name)) (kept[name] ??= []).push(fields[at + 1]!);
  }
  return kept;
}
