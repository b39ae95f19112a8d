/** Answers what the HTTP parser refuses: malformed or overlong heads, requests that take too long to arrive. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { GatewayError } from '../errors.ts';
import { closeAfterAnswer, ignoreInput } from '../http/linger.ts';
import { type ParserFault, parserError } from '../http/parser-error.ts';
import type { ReportRefused } from '../http/raw-answer.ts';
import { sendError } from './send-own-answer.ts';
import { refuseInput } from './server-events.ts';

/** The connection is closed in any case: it is unknown where the next request on it begins. */
export function answerClientError(cause: Error & ParserFault, socket: Socket, report: ReportRefused): void {
  const running = socket._httpMessage ?? null;
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
  } else if (running?.req.complete === true) {
    // The fault is in a later request: earlier ones are answered first.
    ignoreInput(socket);
    running.once('close', () => answerClientError(cause, socket, report));
  } else if (running === null) {
    refuseInput(socket, parserError(cause), report);
  } else {
    refuseRunning(running, socket, parserError(cause));
  }
}

/** This request's own body is malformed: its backend's answer no longer matters. */
function refuseRunning(running: ServerResponse, socket: Socket, error: GatewayError): void {
  const exchange = running.sluiceExchange!;
  exchange.onClosed?.();
  if (running.headersSent) {
    exchange.error = error.code;
    socket.destroy();
    return;
  }
  ignoreInput(socket);
  closeAfterAnswer(socket);
  sendError(exchange, error);
}
