/** Work that waits for the end of the current turn of the event loop, on one thread: one microtask for all of it. */
import type { Http1Response } from './http1-response.ts';

export class Turns {
  #heads: Http1Response[] = [];
  #finished: Http1Response[] = [];
  /** Used in the next turn. */
  #spareHeads: Http1Response[] = [];
  #spareFinished: Http1Response[] = [];
  #isAsked = false;
  #encrypted: Http1Response[] = [];
  #onWaiting: ((response: Http1Response) => void)[] = [];

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

  /**
   * All of it has been handed to TLS, which reports in the next phase of the event loop that it was sent. A callback of
   * its own for each answer would cost a second, empty write.
   *
   * @param onWaiting called if that was not all
   */
  addEncrypted(response: Http1Response, onWaiting: (response: Http1Response) => void): void {
    if (this.#encrypted.length === 0) setImmediate(this.#runEncrypted);
    this.#encrypted.push(response);
    this.#onWaiting.push(onWaiting);
  }

  readonly #runEncrypted = (): void => {
    const [encrypted, onWaiting] = [this.#encrypted, this.#onWaiting];
    this.#encrypted = [];
    this.#onWaiting = [];
    for (const [at, response] of encrypted.entries()) {
      const { socket } = response.req;
      if (socket.destroyed) response.onGone();
      else if (socket.writableLength === 0) response.onFinished();
      else onWaiting[at]!(response);
    }
  };

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
