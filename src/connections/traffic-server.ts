/** The HTTP server of a traffic thread: our engine, with the configured limits, over connections that the gate admits. */
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ServerSettings } from '../config/settings.ts';
import type { GatewayError } from '../errors.ts';
import { ALLOWED_METHODS } from '../forwarding/message/own-answer.ts';
import type { ClientResponse } from '../http/client-side.ts';
import { peerAddress } from '../http/peer-address.ts';
import { errorAnswer } from '../http/error-answer.ts';
import { rawAnswer, type ReportRefused } from '../http/raw-answer.ts';
import { passedProtocols } from '../http/fields/upgrade-protocols.ts';
import type { Http1Request } from '../http1/server/http1-request.ts';
import type { Http1Response } from '../http1/server/http1-response.ts';
import { Http1Server } from '../http1/server/http1-server.ts';
import { Http2Server } from '../http2/server/http2-server.ts';
import { formatAddress } from '../net/ip-address.ts';
import type { ConnectionGate } from './connection-gate.ts';
import type {} from './connection-state.ts';
import { sendError } from './send-own-answer.ts';

/** A Connection field that names Upgrade: without it, the field Upgrade means nothing (RFC 9110, 7.8). */
const UPGRADE = /(?:^|[,\s])upgrade(?:[,\s]|$)/i;

/** What is refused; its request is undefined if it did not become one. */
interface RefusedRequest {
  readonly error: GatewayError;
  readonly request: Pick<Http1Request, 'method' | 'url' | 'headers'> | undefined;
  readonly isAborted: boolean;
}

/** The engine of HTTP/1.1, and with it that of HTTP/2. */
export class TrafficServer extends Http1Server {
  readonly http2: Http2Server;

  constructor(ports: ConstructorParameters<typeof Http1Server>[0], http2: Http2Server) {
    super(ports);
    this.http2 = http2;
  }

  override accept(socket: Socket): void {
    if ((socket as Partial<TLSSocket>).alpnProtocol === 'h2') this.http2.accept(socket);
    else super.accept(socket);
  }

  override endKept(isChosen: () => boolean): void {
    super.endKept(isChosen);
    this.http2.endUsed(isChosen);
  }

  override close(callback?: (error?: Error) => void): this {
    super.close(callback);
    this.http2.close();
    return this;
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    this.http2.closeAllConnections();
  }
}

export function createTrafficServer(
  settings: ServerSettings,
  gate: ConnectionGate,
  onRequest: RequestListener,
  report: ReportRefused,
): Server {
  const stop = ({ sluiceExchange: exchange }: ClientResponse, error: GatewayError): void => {
    exchange!.onClosed?.();
    exchange!.failed(error);
    sendError(exchange!, error);
  };
  const http2 = new Http2Server({
    settings,
    onRequest: (request, response) => server.emit('request', request, response),
    refuse: (request, response, error) => {
      const requestId = reportRefusal(report, request.socket, { error, request, isAborted: false });
      const { status, fields, body, encoding } = errorAnswer(error, requestId, fieldsOf(error));
      response.writeHead(status, fields);
      response.end(body, encoding);
    },
    stop: (response: ClientResponse, error) => {
      if (response.sluiceExchange === undefined) response.cut();
      else stop(response, error);
    },
  });
  const server = new TrafficServer(
    {
      settings,
      // Fastify's types ask for all of Node's own objects; the parts that it uses exist.
      onRequest: onRequest as unknown as (request: Http1Request, response: Http1Response) => void,
      asksForUpgrade: (request) =>
        UPGRADE.test(request.headers['connection'] ?? '') && passedProtocols(request) !== undefined,
      refusal: (socket, refused) => refusal(report, socket, refused),
      refuse: stop,
      onHttp2: settings.http2.h2c ? (socket) => http2.accept(socket) : null,
    },
    http2,
  );
  gate.guard(server as unknown as Server);
  return server as unknown as Server;
}

/** An answer outside of any request of the app, which closes the connection. It is logged and counted. */
export function refusal(report: ReportRefused, socket: Socket, refused: RefusedRequest): string {
  return rawAnswer(refused.error, reportRefusal(report, socket, refused), fieldsOf(refused.error));
}

/** Returns its id in the log. */
function reportRefusal(report: ReportRefused, socket: Socket, { error, request, isAborted }: RefusedRequest): string {
  return report({
    status: error.statusCode,
    error: error.code,
    client: formatAddress(peerAddress(socket)),
    reason: error.message,
    method: request?.method,
    target: request?.url,
    host: request?.headers['host'],
    isAborted,
  });
}

function fieldsOf({ code }: GatewayError): string[] {
  return code === 'GW_METHOD_NOT_ALLOWED' ? ['allow', ALLOWED_METHODS] : [];
}
