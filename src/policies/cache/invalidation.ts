/** A request that may change something: what is stored of its URL is not used any more (RFC 9111, 4.4). */
import type { ArrivedAnswer, CacheStep } from '../../routing/cache-step.ts';
import type { ChangeTable } from '../../runtime/change-table.ts';

export class Invalidation implements CacheStep {
  readonly #changes: ChangeTable;
  readonly #scheme: string;
  readonly #host: string;
  readonly #target: string;

  /** @param host lower case */
  constructor(changes: ChangeTable, scheme: string, host: string, target: string) {
    this.#changes = changes;
    this.#scheme = scheme;
    this.#host = host;
    this.#target = target;
  }

  changeRequest(): void {
    // As it is.
  }

  instead(): null {
    return null;
  }

  insteadOfError(): null {
    return null;
  }

  /** An error has changed nothing. Other hosts are none of its business: it could empty their caches. */
  keep({ status, fields }: ArrivedAnswer): null {
    if (status < 200 || status >= 400) return null;
    this.#change(this.#target);
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!.toLowerCase();
      if (name === 'location' || name === 'content-location') this.#change(fields[at + 1]!);
    }
    return null;
  }

  mark(fields: string[]): void {
    fields.push('cache-status', 'sluice; fwd=method');
  }

  finished(): void {
    // Nobody waits for it.
  }

  #change(reference: string): void {
    const base = `${this.#scheme}://${this.#host}`;
    // A target may begin with two slashes, which a reference would not mean.
    const text = reference.startsWith('/') && reference === this.#target ? base + reference : reference;
    const url = URL.parse(text, base + this.#target);
    if (url === null || url.host !== (URL.parse(base)?.host ?? '')) return;
    const path = text === base + reference ? pathOf(reference) : url.pathname;
    this.#changes.changed(this.#changes.slotOf(this.#host, path));
  }
}

export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
