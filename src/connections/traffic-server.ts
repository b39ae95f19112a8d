/** The HTTP server of a traffic thread: Node's, with our limits, connections through the gate, and upgrades as requests. */
import { createServer, type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerSettings } from '../config/settings.ts';
import { GatewayError } from '../errors.ts';
import type { ReportRefused } from '../http/raw-answer.ts';
import { passedProtocols } from '../http/upgrade-protocols.ts';
import type { ConnectionGate } from './connection-gate.ts';
import type {} from './connection-state.ts';
import { RequestFeed } from './request-feed.ts';
import { handleServerEvents, refuseInput } from './server-events.ts';

export function createTrafficServer(
  settings: ServerSettings,
  gate: ConnectionGate,
  onRequest: RequestListener,
  report: ReportRefused,
): Server {
  const server = createServer(
    {
      maxHeaderSize: settings.maxHeadBytes,
      headersTimeout: settings.headTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      keepAliveTimeout: settings.keepAliveMs,
      connectionsCheckingInterval: Math.max(10, Math.min(1000, settings.headTimeoutMs / 2)),
      insecureHTTPParser: false,
      // Checked in message-rules.ts: Node's own answer has no body.
      requireHostHeader: false,
      // Since Node 24.9; without it, every upgrade goes to the listener below.
      shouldUpgradeCallback: mayUpgrade,
    },
    (request, response) => {
      const feed = request.socket.sluiceFeed;
      feed?.started(response);
      onRequest(request, response);
      feed?.handedOn();
    },
  );
  // After Node's own listener, so it sees only what the gate admits.
  server.on('connection', (socket: Socket) => {
    void new RequestFeed(socket, settings.maxPipelinedRequests, settings.maxRequestsPerConnection);
  });
  // No limit, because beyond a limit Node drops fields silently: see plugins/traffic/router.ts.
  server.maxHeadersCount = 0;
  server.on('upgrade', (request: IncomingMessage, socket: Socket, first: Buffer) => {
    // Node has taken its own listener off.
    socket.on('error', () => undefined);
    socket.sluiceFeed?.restoreTarget(request);
    const held = socket.sluiceFeed?.stop() ?? null;
    const head = held === null ? first : Buffer.concat([first, held]);
    if (!mayUpgrade(request)) {
      refuseInput(socket, new GatewayError('GW_UPGRADE_NOT_SUPPORTED'), report, request);
      return;
    }
    if (head.length > 0) socket.unshift(head);
    onRequest(request, responseOn(socket, request));
  });
  handleServerEvents(server, report);
  gate.guard(server);
  return server;
}

/**
 * False: the request is answered as plain HTTP. Also while an earlier request of the same connection is being answered:
 * its answer and the new protocol's bytes would mix.
 */
function mayUpgrade(request: IncomingMessage): boolean {
  return (request.socket._httpMessage ?? null) === null && passedProtocols(request) !== undefined;
}

/**
 * Looks like any other answer to the code that writes it; but the connection closes after it, unless it was taken over.
 */
function responseOn(socket: Socket, request: IncomingMessage): InstanceType<typeof ServerResponse> {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on('finish', () => {
    if (response.socket === null) return;
    // Data that the client still sends must not reset the connection before it has read its answer.
    socket.resume();
    socket.destroySoon();
  });
  return response;
}
