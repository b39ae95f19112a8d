/**
 * One attempt to have one backend change the protocol: a connection of its own, the request's head, and the answer's
 * head as Node's HTTP client reads it. Makes no decisions; calls its listener exactly once, unless it is discarded.
 */
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { PoolSettings } from '../../config/settings.ts';
import { backendTls } from '../../backends/backend-tls.ts';
import type { Choice, PoolBackend } from '../../balancing/pool.ts';
import { dial } from '../../addresses/dial.ts';
import { UpstreamError } from '../../http1/client/upstream-error.ts';
import { connectToBackend } from '../backend-socket.ts';
import type { Tried } from '../tries.ts';
import { failWhenCut } from '../truncation.ts';

export interface UpgradeAttemptListener {
  /** 101: from now on the socket carries the new protocol; bytes of it already received are back in the socket. */
  onSwitched(attempt: UpgradeAttempt, answer: IncomingMessage, socket: Socket): void;
  /** 103 Early Hints, before the answer; perhaps several times. */
  onHints(raw: readonly string[]): void;
  /** Any other final status, with its body still to come. */
  onAnswer(attempt: UpgradeAttempt, answer: IncomingMessage): void;
  onFailed(attempt: UpgradeAttempt, error: Error): void;
}

export interface UpgradeHead {
  readonly method: string;
  readonly path: string;
  /** Name and value alternating. */
  readonly fields: readonly string[];
}

export class UpgradeAttempt implements Tried {
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
  readonly #head: UpgradeHead;
  readonly #settings: PoolSettings;
  readonly #stopDialling: () => void;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isSettled = false;

  constructor(
    listener: UpgradeAttemptListener,
    choice: Choice,
    head: UpgradeHead,
    settings: PoolSettings,
    /** Of the shared clock. */
    nowMs: () => number,
  ) {
    this.#listener = listener;
    this.backend = choice.backend;
    this.pass = choice.pass;
    this.hasSlot = choice.hasSlot;
    this.startMs = nowMs();
    this.#head = head;
    this.#settings = settings;
    const { url, addresses } = choice.backend;
    const tls = choice.backend.isTls ? backendTls(url, settings) : null;
    const first = addresses.next(this.startMs);
    if (first === undefined) {
      this.#stopDialling = () => {};
      queueMicrotask(() => this.#fail(failure('ENOTFOUND', `${url.hostname} was never found`)));
      return;
    }
    this.#stopDialling = dial(first, {
      turns: addresses,
      connect: (address, done) => connectToBackend(address, url, tls, { allowHalfOpen: true }, done),
      timeoutMs: settings.timeouts.connectMs,
      nowMs,
      onConnected: this.#send,
      onFailed: this.#fail,
    });
  }

  /** Ends it, whatever its state; its listener is not called any more. */
  discard(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#stopDialling();
    this.#socket?.destroy();
  }

  readonly #send = (connected: Socket): void => {
    failWhenCut(connected);
    connected.on('error', this.#fail);
    this.#socket = connected;
    this.isSent = true;
    this.#timer = setTimeout(
      () => this.#fail(new UpstreamError('UPSTREAM_HEAD_TIMEOUT', 'The answer took too long')),
      this.#settings.timeouts.responseMs,
    );
    const { method, path, fields } = this.#head;
    let request: ClientRequest;
    try {
      request = httpRequest({
        method,
        path,
        headers: fields,
        maxHeaderSize: this.#settings.maxResponseHeadBytes,
        createConnection: () => connected,
      });
    } catch (error) {
      // Node refuses a head that is not valid HTTP before anything is sent.
      this.#fail(failure('ERR_INVALID_HEAD', (error as Error).message));
      return;
    }
    request.on('error', this.#fail);
    request.on('information', ({ statusCode, rawHeaders }) => {
      if (statusCode === 103 && !this.#isSettled) this.#listener.onHints(rawHeaders);
    });
    request.on('upgrade', (answer, socket: Socket, first: Buffer) => {
      if (!this.#settle()) return;
      this.status = answer.statusCode!;
      connected.off('error', this.#fail);
      if (first.length > 0) socket.unshift(first);
      this.#listener.onSwitched(this, answer, socket);
    });
    request.on('response', (answer) => {
      // Without the fields that belong to it: the connection would be neither HTTP nor a tunnel.
      if (answer.statusCode === 101) this.#fail(failure('HPE_INVALID_UPGRADE', '101 without Upgrade'));
      else if (this.#settle()) {
        this.status = answer.statusCode!;
        // Node would read a broken connection as the end of an answer without a length.
        connected.prependListener('error', (error) => answer.destroy(error));
        this.#listener.onAnswer(this, answer);
      }
    });
    request.end();
  };

  readonly #fail = (error: Error): void => {
    if (!this.#settle()) return;
    this.#socket?.destroy();
    this.#listener.onFailed(this, error);
  };

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    return true;
  }
}

/** Codes are those of transport-error.ts. */
function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
