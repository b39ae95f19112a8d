/**
 * The answers in work on a connection. Not a Set: its table is replaced again and again as they come and go, and V8 keeps
 * the chain of old tables, with all that was in them, until a full collection.
 */
import type { Http2Response } from './http2-response.ts';

export class OpenAnswers {
  readonly #all: Http2Response[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(response: Http2Response): void {
    response.place = this.#all.length;
    this.#all.push(response);
  }

  /** The last one takes its place: who walks through them meanwhile may miss that one. */
  delete(response: Http2Response): void {
    if (!this.has(response)) return;
    const last = this.#all.pop()!;
    if (last === response) return;
    last.place = response.place;
    this.#all[last.place] = last;
  }

  has(response: Http2Response): boolean {
    return this.#all[response.place] === response;
  }

  [Symbol.iterator](): Iterator<Http2Response> {
    return this.#all.values();
  }
}
