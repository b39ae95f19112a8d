/**
 * A connection to a backend over HTTP/2: opens streams, up to the smaller of both sides' limits. It is ready once the
 * backend's SETTINGS have arrived, so that nothing is sent to a server that does not speak HTTP/2.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  constants,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { UpstreamError } from '../../http/upstream-error.ts';
import type { UpstreamRequest } from '../../http/upstream-side.ts';
import { SessionLife } from '../../net/session-life.ts';
import { FIELD_OVERHEAD, requestFields, waitsForTrailers } from './message-fields.ts';
import { SilencePings } from './silence-pings.ts';
import { connectionError } from './stream-error.ts';

export interface SessionSettings {
  readonly maxHeadBytes: number;
  /** At a time; the backend may allow fewer. */
  readonly maxStreams: number;
  /** Until its SETTINGS arrive. */
  readonly connectMs: number;
  /** A session without streams is closed after this time. */
  readonly idleMs: number;
  /** After this much silence while streams are open, the backend must answer a PING; 0: none is sent. */
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

export interface SessionOwner {
  onReady(session: UpstreamSession): void;
  /** It has room for another stream, perhaps. */
  onRoom(session: UpstreamSession): void;
  /** It opens no more streams; those that are open go on. */
  onDraining(session: UpstreamSession): void;
  /** Called once. @param error for one that never was ready: why */
  onClosed(session: UpstreamSession, error: Error): void;
}

/**
 * What a backend may send of one answer before it is taken by the client, and of all answers before the gateway has
 * read it. The defaults of 64 KiB would limit a large download to 64 KiB a round trip.
 */
const STREAM_WINDOW_BYTES = 262_144;
const CONNECTION_WINDOW_BYTES = 2_097_152;
/** Of Node, for all streams of a session together: it would reset streams beyond that. MB; its default is 10. */
const MAX_SESSION_MEMORY = 1024;
/** A larger one ends the session. server.max_head_bytes limits what gets here. */
const MAX_SENT_HEAD_BYTES = 2 ** 24;
/** Ids are 31 bits: a session is replaced before it runs out of them. */
const MAX_STREAM_ID = 2 ** 30;
/** What the backend may take to close its side, or to read GOAWAY. */
const LINGER_MS = 1000;
/** Node wants one; every request has its own authority. */
const UNUSED_URL = 'http://backend';

export class UpstreamSession {
  /** An answer has arrived on it. */
  hasAnswered = false;
  /** The last stream that the backend may have processed. */
  lastStreamId = Infinity;
  streams = 0;
  readonly #settings: SessionSettings;
  readonly #owner: SessionOwner;
  readonly #socket: Socket;
  readonly #scheme: 'http' | 'https';
  readonly #session: ClientHttp2Session;
  readonly #life: SessionLife;
  readonly #pings: SilencePings | null;
  #limit = 0;
  #isReady = false;
  #isDraining = false;
  #error: Error | null = null;
  /** Until it is ready, then while it has no streams. */
  #timer: NodeJS.Timeout | null;

  /** @param socket connected; over TLS, with `h2` agreed on. */
  constructor(socket: Socket, settings: SessionSettings, owner: SessionOwner) {
    this.#socket = socket;
    this.#settings = settings;
    this.#owner = owner;
    this.#scheme = (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
    const { maxHeadBytes, pingIntervalMs, pingTimeoutMs, connectMs } = settings;
    const options: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES, maxHeaderListSize: maxHeadBytes },
      maxHeaderListPairs: Math.ceil(maxHeadBytes / FIELD_OVERHEAD) + 4,
      maxSessionMemory: MAX_SESSION_MEMORY,
      maxSendHeaderBlockLength: MAX_SENT_HEAD_BYTES,
      // Known fields that come twice are the backend's to judge.
      strictSingleValueFields: false,
    };
    const session = connect(UNUSED_URL, options);
    this.#session = session;
    this.#life = new SessionLife(session);
    // Node's own listener does not outlast the session.
    socket.on('error', () => undefined);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('remoteSettings', this.#onSettings);
    session.on('goaway', this.#onGoAway);
    // Node closes the session after it.
    session.on('frameError', this.drain);
    session.on('error', this.#onError);
    session.on('close', this.#onClose);
    this.#timer = setTimeout(this.#onNotReady, connectMs);
    this.#pings =
      pingIntervalMs === 0 ? null : new SilencePings({ intervalMs: pingIntervalMs, timeoutMs: pingTimeoutMs }, this);
  }

  /** Streams that can be opened now. */
  get room(): number {
    const mayOpen = this.#isReady && !this.#isDraining && !this.#session.closed && !this.isLost;
    return mayOpen ? this.#limit - this.streams : 0;
  }

  get limit(): number {
    return this.#limit;
  }

  /** For streams that begin before the backend has acknowledged the limit of heads: node:http2 does not apply it. */
  get unacknowledgedMaxHeadBytes(): number {
    return this.#session.pendingSettingsAck ? this.#settings.maxHeadBytes : Infinity;
  }

  get isLost(): boolean {
    return this.#session.destroyed || this.#socket.destroyed;
  }

  /** To be called when it has room; onStreamClosed is to be called when the stream is closed. */
  open(request: UpstreamRequest): ClientHttp2Stream {
    this.streams += 1;
    this.#clearTimer();
    const stream = this.#session.request(requestFields(request, this.#scheme), {
      endStream: request.body === null,
      waitForTrailers: waitsForTrailers(request),
    });
    if (stream.id !== undefined && stream.id > MAX_STREAM_ID) this.drain();
    return stream;
  }

  /** @param isWhole END_STREAM has arrived */
  onStreamClosed(stream: ClientHttp2Stream, isWhole: boolean): void {
    this.streams -= 1;
    if (!isWhole) this.#life.outlive(stream);
    if (this.streams === 0 && !this.isLost) {
      this.#timer = setTimeout(this.drain, this.#isDraining ? LINGER_MS : this.#settings.idleMs).unref();
    }
    if (this.room > 0) this.#owner.onRoom(this);
  }

  /** Opens no more streams, and closes when the last one ends. */
  readonly drain = (): void => {
    if (!this.#isDraining) {
      this.#isDraining = true;
      this.#owner.onDraining(this);
    }
    this.#session.close();
    if (this.streams === 0) setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  };

  /** At once, with all that is running. */
  destroy(error: Error): void {
    this.#error ??= error;
    this.#session.destroy(error);
    this.#socket.destroy();
  }

  // ---- for SilencePings

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  ping(onAnswer: () => void): void {
    if (!this.#session.destroyed) this.#session.ping((error) => void (error === null && onAnswer()));
  }

  onSilent(): void {
    this.destroy(new UpstreamError('UPSTREAM_CUT', 'The backend did not answer a PING in time'));
  }

  // ---- the session

  readonly #onSettings = (): void => {
    const { maxConcurrentStreams = Infinity } = this.#session.remoteSettings;
    this.#limit = Math.min(this.#settings.maxStreams, maxConcurrentStreams);
    if (this.#isReady) {
      this.#owner.onRoom(this);
      return;
    }
    this.#isReady = true;
    this.#clearTimer();
    this.#pings?.start();
    this.#owner.onReady(this);
    if (this.streams === 0) this.#timer ??= setTimeout(this.drain, this.#settings.idleMs).unref();
  };

  readonly #onNotReady = (): void => {
    this.destroy(new UpstreamError('UPSTREAM_CONNECT_TIMEOUT', 'The backend sent no SETTINGS in time'));
  };

  /** Node closes the session after it. */
  readonly #onGoAway = (code: number, lastStreamId: number): void => {
    this.lastStreamId = Math.min(this.lastStreamId, lastStreamId);
    if (!this.#isReady) return;
    if (code !== constants.NGHTTP2_NO_ERROR) closeRatherThanDestroy(this.#session);
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#owner.onDraining(this);
  };

  readonly #onError = (error: Error): void => {
    this.#error ??= error;
  };

  readonly #onClose = (): void => {
    this.#clearTimer();
    this.#pings?.stop();
    // The rest of a socket that the backend keeps half open.
    this.#socket.destroy();
    this.#owner.onClosed(this, this.#closeError());
  };

  #closeError(): Error {
    // Something has arrived, but no SETTINGS.
    if (!this.#isReady && this.#socket.bytesRead > 0 && !(this.#error instanceof UpstreamError)) {
      const options = this.#error === null ? {} : { cause: this.#error };
      return new UpstreamError('UPSTREAM_NO_HTTP2', 'The backend does not speak HTTP/2', options);
    }
    return connectionError(this.#error);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/**
 * To be called while Node reports a GOAWAY with an error, after which it destroys the session, and with it the streams
 * that the backend may still answer (RFC 9113, 6.8).
 */
function closeRatherThanDestroy(session: ClientHttp2Session): void {
  session.destroy = () => session.close();
  queueMicrotask(() => Reflect.deleteProperty(session, 'destroy'));
}
