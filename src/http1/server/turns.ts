/** Work that waits for the end of the current turn of the event loop, on one thread: one microtask for all of it. */
import type { ClientResponse } from './client-response.ts';

export class Turns {
  #heads: ClientResponse[] = [];
  #finished: ClientResponse[] = [];
  #isAsked = false;

  /** Its head is held back for a body that may come within the turn. */
  addHead(response: ClientResponse): void {
    this.#heads.push(response);
    this.#ask();
  }

  /** All of it has been sent. Reported at the end of the turn, because the code that ended it is not done yet. */
  addFinished(response: ClientResponse): void {
    this.#finished.push(response);
    this.#ask();
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(this.#run);
  }

  readonly #run = (): void => {
    this.#isAsked = false;
    const heads = this.#heads;
    const finished = this.#finished;
    if (heads.length > 0) this.#heads = [];
    if (finished.length > 0) this.#finished = [];
    for (const response of heads) response.flushHeaders();
    for (const response of finished) response.onFinished();
  };
}
