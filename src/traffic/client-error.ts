/** Answers what the HTTP parser refuses: malformed or overlong heads, requests that take too long to arrive. */
import type { Socket } from 'node:net';
import { ignoreInput } from '../http/linger.ts';
import { parserError } from '../http/raw-answer.ts';
import { endWithError, type ResponseOnSocket } from './server-events.ts';

/** The connection is closed in any case: where the next request begins on it, nobody knows. */
export function answerClientError(cause: Error & { code?: string }, socket: Socket): void {
  const running = (socket as ResponseOnSocket)._httpMessage ?? null;
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
  } else if (running?.req.complete === true) {
    // The fault is in a later request: what was asked before is answered first.
    ignoreInput(socket);
    running.once('close', () => answerClientError(cause, socket));
  } else if (running?.headersSent === true) {
    socket.destroy();
  } else {
    // It is this request's own body that is malformed: its backend has nothing to answer any more.
    running?.sluiceExchange?.onClosed?.();
    endWithError(socket, parserError(cause));
  }
}
