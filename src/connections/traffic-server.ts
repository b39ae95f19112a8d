/** The HTTP server of a traffic thread: our engine, with the configured limits, over connections that the gate admits. */
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';
import { ALLOWED_METHODS } from '../forwarding/message/own-answer.ts';
import type { ClientResponse } from '../http/client-side.ts';
import { peerAddress } from '../http/peer-address.ts';
import { rawAnswer, type ReportRefused } from '../http/raw-answer.ts';
import { passedProtocols } from '../http/upgrade-protocols.ts';
import type { Refused } from '../http1/server/client-connection.ts';
import type { Http1Request } from '../http1/server/http1-request.ts';
import type { Http1Response } from '../http1/server/http1-response.ts';
import { Http1Server } from '../http1/server/http1-server.ts';
import { formatAddress } from '../net/ip-address.ts';
import type { ConnectionGate } from './connection-gate.ts';
import type {} from './connection-state.ts';
import { sendError } from './send-own-answer.ts';

/** A Connection field that names Upgrade: without it, the field Upgrade means nothing (RFC 9110, 7.8). */
const UPGRADE = /(?:^|[,\s])upgrade(?:[,\s]|$)/i;

export function createTrafficServer(
  settings: ServerSettings,
  gate: ConnectionGate,
  onRequest: RequestListener,
  report: ReportRefused,
): Server {
  const server = new Http1Server({
    settings,
    // Fastify's types ask for all of Node's own objects; the parts that it uses exist.
    onRequest: onRequest as unknown as (request: Http1Request, response: Http1Response) => void,
    asksForUpgrade: (request) =>
      UPGRADE.test(request.headers['connection'] ?? '') && passedProtocols(request) !== undefined,
    refusal: (socket, refused) => refusal(report, socket, refused),
    refuse: ({ sluiceExchange: exchange }: ClientResponse, error) => {
      exchange!.onClosed?.();
      exchange!.error = error.code;
      sendError(exchange!, error);
    },
  });
  gate.guard(server as unknown as Server);
  return server as unknown as Server;
}

/** An answer outside of any request of the app, which closes the connection. It is logged and counted. */
export function refusal(report: ReportRefused, socket: Socket, { error, request, isAborted }: Refused): string {
  const requestId = report({
    status: error.statusCode,
    error: error.code,
    client: formatAddress(peerAddress(socket)),
    reason: error.message,
    method: request?.method,
    target: request?.url,
    host: request?.headers['host'],
    isAborted,
  });
  return rawAnswer(error, requestId, error.code === 'GW_METHOD_NOT_ALLOWED' ? ['allow', ALLOWED_METHODS] : []);
}
