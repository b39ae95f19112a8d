/**
 * Time limits of many requests. A timer for each would be created and cancelled with each (2 % of a small GET; bench);
 * here those of one length are in a list, in the order in which they end, and one timer waits for the first.
 */

export interface Limited {
  /** The time is up. */
  expire(): void;
}

/** One time limit that runs. */
export class Deadline {
  readonly atMs: number;
  readonly owner: Limited;
  readonly #list: DeadlineList;
  next: Deadline | null = null;
  previous: Deadline | null = null;

  constructor(list: DeadlineList, owner: Limited, atMs: number) {
    this.#list = list;
    this.owner = owner;
    this.atMs = atMs;
  }

  /** Once, before it has expired. */
  cancel(): void {
    this.#list.remove(this);
  }
}

export class Deadlines {
  readonly #nowMs: () => number;
  /** By length, ms. */
  readonly #lists = new Map<number, DeadlineList>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param limitMs from now on. */
  start(limitMs: number, owner: Limited): Deadline {
    let list = this.#lists.get(limitMs);
    if (list === undefined) {
      list = new DeadlineList(limitMs, this.#nowMs);
      this.#lists.set(limitMs, list);
    }
    return list.add(owner);
  }
}

/** Those of one length. */
class DeadlineList {
  readonly #limitMs: number;
  readonly #nowMs: () => number;
  #first: Deadline | null = null;
  #last: Deadline | null = null;
  #isTimed = false;

  constructor(limitMs: number, nowMs: () => number) {
    this.#limitMs = limitMs;
    this.#nowMs = nowMs;
  }

  add(owner: Limited): Deadline {
    const deadline = new Deadline(this, owner, this.#nowMs() + this.#limitMs);
    const last = this.#last;
    deadline.previous = last;
    if (last === null) this.#first = deadline;
    else last.next = deadline;
    this.#last = deadline;
    // One that is cancelled leaves it running: the next deadline needs it.
    this.#wake(this.#limitMs);
    return deadline;
  }

  /**
   * What is removed refers to no other one any more. Otherwise one that V8 has promoted would keep the next one, with its
   * whole request, which would be promoted as well, and so on, until a full collection: a quarter of all that requests
   * allocate (bench).
   */
  remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    deadline.previous = null;
    deadline.next = null;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
  }

  onTime(): void {
    this.#isTimed = false;
    const nowMs = this.#nowMs();
    for (let first = this.#first; first !== null && first.atMs <= nowMs; first = this.#first) {
      this.remove(first);
      first.owner.expire();
    }
    if (this.#first !== null) this.#wake(Math.max(1, Math.ceil(this.#first.atMs - nowMs)));
  }

  #wake(inMs: number): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    setTimeout(onTime, inMs, this).unref();
  }
}

function onTime(list: DeadlineList): void {
  list.onTime();
}
