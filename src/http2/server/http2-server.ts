/** The HTTP/2 connections of a traffic thread. It listens nowhere: connections are accepted elsewhere. */
import type { ServerOptions } from 'node:http2';
import type { Socket } from 'node:net';
import { Http2Connection, type Http2ConnectionPorts, type Http2ConnectionSettings } from './http2-connection.ts';

export interface Http2ServerSettings extends Http2ConnectionSettings {
  readonly maxHeaders: number;
  readonly http2: {
    readonly maxStreams: number;
    /** A bucket of resets by the client, and its refill per second. */
    readonly resetBurst: number;
    readonly resetRate: number;
    readonly streamWindowBytes: number;
    readonly connectionWindowBytes: number;
  };
}

export type Http2ServerPorts = Pick<Http2ConnectionPorts, 'onRequest' | 'refuse' | 'stop'> & {
  readonly settings: Http2ServerSettings;
};

/** HTTP/2 counts 32 bytes for each field (RFC 9113, 6.5.2), a head of HTTP/1.1 four. */
const EXTRA_FIELD_BYTES = 28;
/** Pseudo-fields of a request. */
const PSEUDO_FIELDS = 4;
/** Heads of answers: backends' heads have a limit of their own. */
const MAX_ANSWER_HEAD_BYTES = 2 ** 22;
/**
 * Of Node, for all streams of a connection together, MB; beyond it streams are refused. Node counts what a stream that was
 * reset had still to send until the connection ends: its default of 10 is reached by 300 cancelled downloads. What is
 * really held is limited by the streams and by what each of them may hold.
 */
const MAX_SESSION_MEMORY = 1024;
const [MIN_PIECE_BYTES, MAX_PIECE_BYTES] = [1024, 32_768];

export class Http2Server {
  readonly #connections = new Set<Http2Connection>();
  readonly #ports: Http2ConnectionPorts;

  constructor(ports: Http2ServerPorts) {
    const { settings } = ports;
    this.#ports = {
      ...ports,
      options: sessionOptions(settings),
      windowBytes: settings.http2.connectionWindowBytes,
      pieceBytes: pieceBytes(settings),
    };
  }

  /** @param socket whose handshake is complete, and of which nothing has been read, or was put back */
  accept(socket: Socket): void {
    if (socket.destroyed) return;
    const connection = new Http2Connection(socket, this.#ports);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }

  /** Ends connections that have been of use, with their open streams. @param isChosen called for each */
  endUsed(isChosen: () => boolean): void {
    for (const connection of this.#connections) if (connection.isUsed && isChosen()) connection.endWhenIdle();
  }

  /** Open streams may end. */
  close(): void {
    for (const connection of this.#connections) connection.endWhenIdle();
  }

  closeAllConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

function sessionOptions({ maxHeadBytes, maxHeaders, http2 }: Http2ServerSettings): ServerOptions {
  // Twice the limit: up to there, the answer is 431; beyond, Node resets the stream.
  const maxHeaderListPairs = 2 * maxHeaders + PSEUDO_FIELDS;
  return {
    maxHeaderListPairs,
    maxSessionMemory: MAX_SESSION_MEMORY,
    maxSendHeaderBlockLength: MAX_ANSWER_HEAD_BYTES,
    streamResetBurst: http2.resetBurst,
    streamResetRate: http2.resetRate,
    // Backends repeat fields that should come once, and HTTP/1.1 clients get them.
    strictSingleValueFields: false,
    settings: {
      maxConcurrentStreams: http2.maxStreams,
      initialWindowSize: http2.streamWindowBytes,
      maxHeaderListSize: 2 * maxHeadBytes + EXTRA_FIELD_BYTES * maxHeaders,
    },
  };
}

/** What the slowest client that is allowed takes in half of `write_timeout`. */
function pieceBytes({ minResponseRate, writeTimeoutMs }: Http2ServerSettings): number {
  const bytes = ((minResponseRate || MIN_PIECE_BYTES) * writeTimeoutMs) / 2000;
  return Math.floor(Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, bytes)));
}
