/**
 * Cases that Node's server would answer by itself, or not at all: turned into ordinary requests, or answered from our
 * table.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { GatewayError } from '../errors.ts';
import { lingeringClose } from '../http/linger.ts';
import { ALLOWED_METHODS } from '../forwarding/message/own-answer.ts';
import { formatAddress } from '../net/ip-address.ts';
import { peerAddress } from '../http/peer-address.ts';
import { rawAnswer, type ReportRefused } from '../http/raw-answer.ts';

export function handleServerEvents(server: Server, report: ReportRefused): void {
  const asRequest = (request: IncomingMessage, response: ServerResponse): void => {
    server.emit('request', request, response);
  };
  // The 100 is sent when the body is wanted (Forwarding), not if the request is refused anyway.
  server.on('checkContinue', asRequest);
  // message-rules.ts answers 417.
  server.on('checkExpectation', asRequest);
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    (socket as Socket).sluiceFeed?.restoreTarget(request);
    refuseConnect(request, socket as Socket, report);
  });
}

/** This is not a forward proxy: CONNECT gets no tunnel. */
function refuseConnect(request: IncomingMessage, socket: Socket, report: ReportRefused): void {
  // Node has taken its own listeners off.
  socket.on('error', () => undefined);
  const error = new GatewayError('GW_METHOD_NOT_ALLOWED');
  if ((socket._httpMessage ?? null) === null) {
    refuseInput(socket, error, report, request, ['allow', ALLOWED_METHODS]);
    return;
  }
  // Answers of earlier requests are being sent: this one cannot be answered in its turn.
  reportRefusal(socket, error, report, request);
  socket.destroy();
}

/**
 * An answer outside of any request of the app, which closes the connection. It is logged and counted.
 *
 * @param request as far as it was read. @param more further fields, name and value alternating.
 */
export function refuseInput(
  socket: Socket,
  error: GatewayError,
  report: ReportRefused,
  request?: IncomingMessage,
  more: readonly string[] = [],
): void {
  socket.write(rawAnswer(error, reportRefusal(socket, error, report, request), more));
  lingeringClose(socket);
}

function reportRefusal(socket: Socket, error: GatewayError, report: ReportRefused, request?: IncomingMessage): string {
  return report({
    status: error.statusCode,
    error: error.code,
    client: formatAddress(peerAddress(socket)),
    reason: error.message,
    method: request?.method,
    target: request?.url,
    host: request?.headers.host,
  });
}
