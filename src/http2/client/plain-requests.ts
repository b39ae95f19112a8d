/**
 * What node:http2 does for each request of a client, besides the request (Node 24): it binds the function that sends it to
 * an async resource, with `AsyncResource.prototype.bind`, whose result has a deprecated property. V8 makes two hidden classes
 * for that one function, which live until a full collection, and the stream with them: a quarter of the cost of a request
 * (bench: gRPC).
 */
import { AsyncResource } from 'node:async_hooks';

/** The name of the function that Node binds. */
const SENDS = 'bound requestOnConnect';

/**
 * Once in a thread. The function is called at once, in the context that it would be bound to, except for a session that is
 * still connecting: there are no such sessions here. All other functions are bound as before; so is this one, if another
 * Node calls it differently.
 */
export function sendRequestsUnbound(): void {
  const { bind } = AsyncResource.prototype;
  if (bind === bindUnlessSending) return;
  bindAny = bind;
  AsyncResource.prototype.bind = bindUnlessSending;
}

type Bind = AsyncResource['bind'];

let bindAny: Bind = AsyncResource.prototype.bind;

const bindUnlessSending: Bind = function <F extends Parameters<Bind>[0]>(this: AsyncResource, fn: F, ...rest: []): F {
  return fn.name === SENDS ? fn : (bindAny.call(this, fn, ...rest) as F);
};
