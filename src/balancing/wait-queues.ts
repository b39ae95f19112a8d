/** The wait queues of one thread, by pool slot; made when a pool first needs one. */
import { WaitQueue, type WaitQueuePorts } from './wait-queue.ts';

export class WaitQueues {
  readonly #ports: WaitQueuePorts;
  readonly #queues = new Map<number, WaitQueue>();

  constructor(ports: WaitQueuePorts) {
    this.#ports = ports;
  }

  /** @param pool its slot. */
  of(pool: number): WaitQueue {
    const known = this.#queues.get(pool);
    if (known !== undefined) return known;
    const queue = new WaitQueue(pool, this.#ports);
    this.#queues.set(pool, queue);
    return queue;
  }
}
