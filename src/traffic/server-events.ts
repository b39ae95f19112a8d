/** What Node's server would answer by itself, or not at all: made ordinary requests, or answered from our table. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { GatewayError } from '../errors.ts';
import { lingeringClose } from '../http/linger.ts';
import { ALLOWED_METHODS } from '../http/own-answer.ts';
import { rawAnswer } from '../http/raw-answer.ts';

export function handleServerEvents(server: Server): void {
  const asRequest = (request: IncomingMessage, response: ServerResponse): void => {
    server.emit('request', request, response);
  };
  // The 100 is sent when somebody wants the body (Forwarding), not when it is refused anyway.
  server.on('checkContinue', asRequest);
  // message-rules.ts answers 417.
  server.on('checkExpectation', asRequest);
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    refuseConnect(socket as Socket);
  });
}

/** This is no forward proxy: nobody gets a tunnel to somewhere. */
function refuseConnect(socket: Socket): void {
  // Node has taken its own listeners off.
  socket.on('error', () => undefined);
  if ((socket as ResponseOnSocket)._httpMessage) {
    // Answers of earlier requests are under way: this one cannot be answered in its turn.
    socket.destroy();
    return;
  }
  endWithError(socket, new GatewayError('GW_METHOD_NOT_ALLOWED'), `allow: ${ALLOWED_METHODS}\r\n`);
}

/** Node's own link to the response that is being written. */
export interface ResponseOnSocket {
  readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null;
}

/** An answer outside of any request, and the end of the connection. @param more further fields, each with its CRLF. */
export function endWithError(socket: Socket, error: GatewayError, more = ''): void {
  socket.write(rawAnswer(error, more));
  lingeringClose(socket);
}
