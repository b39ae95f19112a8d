/**
 * One attempt to have one backend change the protocol, on a connection of its own. Makes no decisions; tells its
 * listener what happened, unless it is discarded.
 */
import type { Socket } from 'node:net';
import type { PoolSettings } from '../../config/settings.ts';
import { backendTls } from '../../backends/backend-tls.ts';
import type { Choice, PoolBackend } from '../../balancing/pool.ts';
import { dial } from '../../addresses/dial.ts';
import { type ConnectionOwner, UpstreamConnection } from '../../http1/client/upstream-connection.ts';
import { UpstreamError } from '../../http/upstream-error.ts';
import type { UpgradeListener, UpgradeRequest, UpstreamControl } from '../../http/upstream-side.ts';
import { connectToBackend } from '../backend-socket.ts';
import type { Tried } from '../tries.ts';
import { failWhenCut } from '../truncation.ts';

/** The last call is switched, completed or failed. */
export interface UpgradeAttemptListener {
  /** 101: from now on the socket carries the new protocol; bytes of it already received are back in the socket. */
  onSwitched(attempt: UpgradeAttempt, reason: string, fields: string[], socket: Socket): void;
  /** 103 Early Hints, before the answer; perhaps several times. */
  onHints(attempt: UpgradeAttempt, fields: string[]): void;
  /** Any other final status, with its body still to come. */
  onHead(attempt: UpgradeAttempt, status: number, reason: string, fields: string[]): void;
  /** False: pause until resume(). */
  onChunk(attempt: UpgradeAttempt, chunk: Buffer): boolean;
  onCompleted(attempt: UpgradeAttempt, trailers: readonly string[]): void;
  onFailed(attempt: UpgradeAttempt, error: Error): void;
}

/** A connection that a request for an upgrade was sent on is not reused. */
const UNPOOLED: ConnectionOwner = {
  onIdle: (connection) => connection.destroy(new UpstreamError('UPSTREAM_CUT', 'The connection is not kept')),
  onClosed: () => {},
};

export class UpgradeAttempt implements UpgradeListener, Tried {
  readonly backend: PoolBackend;
  readonly pass: number;
  readonly hasSlot: boolean;
  /** It has its own connection, which is not counted. */
  readonly hasConnection = false;
  /** Of the shared clock. */
  readonly startMs: number;
  /** The connection was established: the backend may have seen the request. */
  isSent = false;
  /** 0 until the answer has arrived. */
  status = 0;
  readonly #listener: UpgradeAttemptListener;
  readonly #request: UpgradeRequest;
  readonly #settings: PoolSettings;
  readonly #stopDialling: () => void;
  #control: UpstreamControl | null = null;
  /** Of the new protocol. */
  #socket: Socket | null = null;
  #isDiscarded = false;

  constructor(
    listener: UpgradeAttemptListener,
    choice: Choice,
    request: UpgradeRequest,
    settings: PoolSettings,
    /** Of the shared clock. */
    nowMs: () => number,
  ) {
    this.#listener = listener;
    this.backend = choice.backend;
    this.pass = choice.pass;
    this.hasSlot = choice.hasSlot;
    this.startMs = nowMs();
    this.#request = request;
    this.#settings = settings;
    const { url, addresses } = choice.backend;
    const tls = choice.backend.isTls ? backendTls(url, settings) : null;
    const first = addresses.next(this.startMs);
    if (first === undefined) {
      this.#stopDialling = () => {};
      const error = Object.assign(new Error(`${url.hostname} was never found`), { code: 'ENOTFOUND' });
      queueMicrotask(() => this.onError(error));
      return;
    }
    this.#stopDialling = dial(first, {
      turns: addresses,
      // The tunnel passes the end of one direction on.
      connect: (address, done) => connectToBackend(address, url, tls, { allowHalfOpen: true }, done),
      timeoutMs: settings.timeouts.connectMs,
      nowMs,
      onConnected: (socket) => this.#send(socket),
      onFailed: (error) => this.onError(error),
    });
  }

  /** Ends it, whatever its state; its listener is not called any more. */
  discard(): void {
    this.#isDiscarded = true;
    this.#stopDialling();
    this.#control?.abort();
    this.#socket?.destroy();
  }

  resume(): void {
    this.#control?.resume();
  }

  #send(socket: Socket): void {
    failWhenCut(socket);
    const { maxResponseHeadBytes, timeouts } = this.#settings;
    const settings = { maxHeadBytes: maxResponseHeadBytes, headTimeoutMs: timeouts.responseMs };
    const connection = new UpstreamConnection(settings, UNPOOLED);
    connection.open(socket);
    connection.sendUpgrade(this.#request, this);
  }

  // ---- called by the connection

  onSent(control: UpstreamControl): void {
    this.isSent = true;
    this.#control = control;
  }

  onInterim(status: number, fields: string[]): void {
    if (status === 103) this.#listener.onHints(this, fields);
  }

  onSwitched(reason: string, fields: string[], socket: Socket): void {
    this.status = 101;
    this.#socket = socket;
    this.#listener.onSwitched(this, reason, fields, socket);
  }

  onHead(status: number, reason: string, fields: string[]): void {
    this.status = status;
    this.#listener.onHead(this, status, reason, fields);
  }

  onBody(chunk: Buffer): boolean {
    return this.#listener.onChunk(this, chunk);
  }

  onEnd(trailers: readonly string[]): void {
    this.#listener.onCompleted(this, trailers);
  }

  onError(error: Error): void {
    if (!this.#isDiscarded) this.#listener.onFailed(this, error);
  }
}
