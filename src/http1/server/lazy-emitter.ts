/**
 * An EventEmitter that creates what it needs with its first listener: requests and answers rarely have one. Node's
 * constructor would create it for each of them.
 */
import { EventEmitter } from 'node:events';

function create(): void {
  // EventEmitter's methods do not rely on its constructor: it is from the time before classes.
}
Object.setPrototypeOf(create.prototype, EventEmitter.prototype);

export const LazyEmitter = create as unknown as new () => EventEmitter;
