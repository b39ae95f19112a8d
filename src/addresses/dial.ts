/**
 * Connects to the first of several addresses that answers: the next one is tried as soon as one has failed, or has been
 * silent for a moment. RFC 8305, section 5.
 */
import type { Socket } from 'node:net';
import { maxBackendDescriptor, openFileLimit } from '../config/open-files.ts';
import type { AddressTurns } from './core/address-turns.ts';
import { descriptorOf } from '../net/socket-descriptor.ts';

/** After this much silence, the next address is tried in parallel. The RFC's Connection Attempt Delay. */
export const HEAD_START_MS = 250;

/** Starts to connect, and calls back once: with the connection, or with the error. */
export type Connect = (address: string, callback: (error: Error | null, socket: Socket | null) => void) => Socket;

export interface DialOptions {
  readonly turns: AddressTurns;
  readonly connect: Connect;
  /** For all addresses together. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  /**
   * A connection with a higher descriptor is closed: those above are not for backends. Default: the process's limit.
   */
  readonly maxDescriptor?: number;
  readonly onConnected: (socket: Socket, address: string) => void;
  /** No address could be connected to; the error is that of the first. */
  readonly onFailed: (error: Error) => void;
}

/** @param first the address to begin with. @returns stops it: neither function is called any more. */
export function dial(first: string, options: DialOptions): () => void {
  return new Dial(first, options).stop;
}

const MAX_DESCRIPTOR = maxBackendDescriptor(openFileLimit());

class Dial {
  readonly #options: DialOptions;
  readonly #waiting: string[];
  readonly #running = new Map<string, Socket>();
  #error: Error | null = null;
  #headStart: NodeJS.Timeout | undefined;
  readonly #deadline: NodeJS.Timeout;
  #isOver = false;

  constructor(first: string, options: DialOptions) {
    this.#options = options;
    this.#waiting = [first, ...options.turns.othersThan(first, options.nowMs())];
    this.#deadline = setTimeout(() => this.#fail(connectTimeout()), options.timeoutMs);
    this.#next();
  }

  readonly stop = (): void => {
    this.#end(null);
  };

  #next(): void {
    const address = this.#waiting.shift();
    if (address === undefined) {
      if (this.#running.size === 0) this.#fail(this.#error ?? connectTimeout());
      return;
    }
    const socket = this.#options.connect(address, (error, connected) => {
      if (this.#isOver) return;
      if (error === null && descriptorOf(connected!) > (this.#options.maxDescriptor ?? MAX_DESCRIPTOR)) {
        connected!.destroy();
        this.#running.delete(address);
        this.#fail(Object.assign(new Error('no file descriptor left for backends'), { code: 'EMFILE' }));
      } else if (error === null) this.#connected(address, connected!);
      else this.#failed(address, error);
    });
    if (this.#isOver) return;
    this.#running.set(address, socket);
    // It answers; TLS may take its time.
    socket.once('connect', () => clearTimeout(this.#headStart));
    clearTimeout(this.#headStart);
    if (this.#waiting.length > 0) this.#headStart = setTimeout(() => this.#next(), HEAD_START_MS);
  }

  #connected(address: string, socket: Socket): void {
    const { turns, nowMs, onConnected } = this.#options;
    // The others had a head start, and did not use it.
    for (const other of this.#running.keys()) if (other !== address) turns.failed(other, nowMs());
    turns.connected(address, nowMs());
    this.#end(socket);
    onConnected(socket, address);
  }

  #failed(address: string, error: Error): void {
    const { turns, nowMs } = this.#options;
    this.#running.delete(address);
    this.#error ??= error;
    turns.failed(address, nowMs());
    clearTimeout(this.#headStart);
    this.#next();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    const { turns, nowMs, onFailed } = this.#options;
    for (const address of this.#running.keys()) turns.failed(address, nowMs());
    this.#end(null);
    onFailed(error);
  }

  #end(kept: Socket | null): void {
    this.#isOver = true;
    clearTimeout(this.#headStart);
    clearTimeout(this.#deadline);
    for (const socket of this.#running.values()) if (socket !== kept) socket.destroy();
  }
}

/** transport-error.ts knows the code. */
function connectTimeout(): Error {
  return Object.assign(new Error('No address answered in time'), { code: 'UPSTREAM_CONNECT_TIMEOUT' });
}
