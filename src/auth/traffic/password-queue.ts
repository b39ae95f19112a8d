/**
 * Hashes passwords one after the other: a hash takes memory and a core, and everyone may send passwords. The pool of
 * libuv also resolves names, so no more than one of its threads is taken.
 */
export class PasswordQueue {
  readonly #max: number;
  readonly #maxPerCaller: number;
  readonly #waiting: { readonly caller: string; readonly task: () => Promise<void> }[] = [];
  #isRunning = false;

  /** @param max how many may wait @param maxPerCaller of one caller: nobody can take all places */
  constructor(max: number, maxPerCaller: number) {
    this.#max = max;
    this.#maxPerCaller = maxPerCaller;
  }

  /** False: too many wait, and it is not done. @param task never rejects */
  add(caller: string, task: () => Promise<void>): boolean {
    if (this.#waiting.length >= this.#max) return false;
    if (this.#waiting.filter((each) => each.caller === caller).length >= this.#maxPerCaller) return false;
    this.#waiting.push({ caller, task });
    if (!this.#isRunning) void this.#run();
    return true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await next.task();
    this.#isRunning = false;
  }
}
