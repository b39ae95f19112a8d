/** Work that waits for the end of the current turn of the event loop, on one thread: one microtask for all of it. */
import type { Http1Response } from './http1-response.ts';

export class Turns {
  #heads: Http1Response[] = [];
  #finished: Http1Response[] = [];
  /** Used in the next turn. */
  #spareHeads: Http1Response[] = [];
  #spareFinished: Http1Response[] = [];
  #isAsked = false;

  /** Its head is held back for a body that may come within the turn. */
  addHead(response: Http1Response): void {
    this.#heads.push(response);
    this.#ask();
  }

  /** All of it has been sent. Reported at the end of the turn, because the code that ended it is not done yet. */
  addFinished(response: Http1Response): void {
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
    this.#heads = this.#spareHeads;
    this.#finished = this.#spareFinished;
    for (const response of heads) response.flushHeaders();
    for (const response of finished) response.onFinished();
    heads.length = 0;
    finished.length = 0;
    this.#spareHeads = heads;
    this.#spareFinished = finished;
  };
}
