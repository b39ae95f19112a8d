/**
 * The HTTP/2 connections of one thread to one address of a backend. A request goes to the session with the fewest
 * streams. There is one session until it is half full, then another one, up to the configured number.
 */
import type { Socket } from 'node:net';
import { UpstreamError } from '../../http/upstream-error.ts';
import type { UpstreamConnections, UpstreamListener, UpstreamRequest } from '../../http/upstream-side.ts';
import { type SessionOwner, type SessionSettings, UpstreamSession } from './upstream-session.ts';
import { type StreamOwner, UpstreamStream } from './upstream-stream.ts';

export interface SessionPoolSettings extends SessionSettings {
  /** Sessions that take streams, at a time. */
  readonly connections: number;
  readonly headTimeoutMs: number;
  /** A request waits this long for a session that has room, while there are sessions. */
  readonly waitMs: number;
}

export interface SessionPoolPorts {
  /** Calls back once, later. @returns stops it: it does not call back any more. */
  readonly connect: (callback: (result: Error | Socket) => void) => () => void;
  readonly nowMs: () => number;
}

/** After a failure to open another session, while there is one. */
const REDIAL_MS = 1000;

export class SessionPool implements UpstreamConnections, SessionOwner, StreamOwner {
  readonly #settings: SessionPoolSettings;
  readonly #ports: SessionPoolPorts;
  /** Ready, and taking streams. */
  readonly #open: UpstreamSession[] = [];
  /** Not ready yet. */
  readonly #opening = new Set<UpstreamSession>();
  /** No longer taking streams. */
  readonly #draining = new Set<UpstreamSession>();
  /** Stops each of them. */
  readonly #dials = new Set<() => void>();
  readonly #waiting: UpstreamStream[] = [];
  #noDialBeforeMs = -Infinity;
  #isClosing = false;
  #isDestroyed = false;

  constructor(settings: SessionPoolSettings, ports: SessionPoolPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  get size(): number {
    return this.#open.length + this.#opening.size + this.#draining.size + this.#dials.size;
  }

  send(request: UpstreamRequest, listener: UpstreamListener): void {
    const stream = new UpstreamStream(
      request,
      listener,
      request.isUntimed === true ? 0 : this.#settings.headTimeoutMs,
      this,
    );
    const session = this.#waiting.length === 0 ? this.#leastLoaded() : null;
    if (session === null) this.#waiting.push(stream);
    else stream.start(session);
    this.#dialIfNeeded();
    if (session === null) this.#limitWaits();
  }

  cancel(listener: UpstreamListener): void {
    const stream = this.#waiting.find((waiting) => waiting.listener === listener);
    if (stream !== undefined) this.forget(stream);
  }

  close(): void {
    this.#isClosing = true;
    for (const session of this.#open.slice()) if (session.streams === 0) session.drain();
  }

  destroy(): void {
    this.close();
    this.#isDestroyed = true;
    for (const stop of this.#dials) stop();
    this.#dials.clear();
    const error = new UpstreamError('UPSTREAM_DESTROYED', 'The gateway is stopping');
    this.#refuseAll(error);
    for (const session of [...this.#open, ...this.#opening, ...this.#draining]) session.destroy(error);
  }

  // ---- StreamOwner

  resend(stream: UpstreamStream): boolean {
    if (this.#isDestroyed) return false;
    this.#waiting.unshift(stream);
    this.#serve();
    return true;
  }

  forget(stream: UpstreamStream): void {
    const at = this.#waiting.indexOf(stream);
    if (at !== -1) this.#waiting.splice(at, 1);
    endWait(stream);
  }

  // ---- SessionOwner

  onReady(session: UpstreamSession): void {
    this.#opening.delete(session);
    this.#open.push(session);
    this.#serve();
  }

  onRoom(session: UpstreamSession): void {
    if (this.#waiting.length > 0) this.#serve();
    else if (this.#isClosing && session.streams === 0) session.drain();
  }

  onDraining(session: UpstreamSession): void {
    this.#opening.delete(session);
    this.#remove(session);
    this.#draining.add(session);
    // Those that waited for it need another one.
    if (this.#waiting.length > 0) this.#serve();
  }

  onClosed(session: UpstreamSession, error: Error): void {
    const wasOpening = this.#opening.delete(session);
    this.#draining.delete(session);
    this.#remove(session);
    if (wasOpening) this.#failed(error);
    else this.#serve();
  }

  // ---- sessions

  #leastLoaded(): UpstreamSession | null {
    let least: UpstreamSession | null = null;
    for (const session of this.#open) {
      if (session.room > 0 && (least === null || session.streams < least.streams)) least = session;
    }
    return least;
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const session = this.#leastLoaded();
      if (session === null) break;
      const stream = this.#waiting.shift()!;
      endWait(stream);
      stream.start(session);
    }
    if (this.#waiting.length === 0) return;
    this.#dialIfNeeded();
    this.#limitWaits();
  }

  #dialIfNeeded(): void {
    const coming = this.#opening.size + this.#dials.size;
    const ready = this.#open.length;
    if (ready + coming >= this.#settings.connections) return;
    let load = this.#waiting.length;
    let limit = this.#settings.maxStreams;
    for (const session of this.#open) {
      load += session.streams;
      limit = Math.min(limit, session.limit);
    }
    if (load === 0 || (ready + coming > 0 && this.#ports.nowMs() < this.#noDialBeforeMs)) return;
    const wanted = Math.min(this.#settings.connections, Math.max(1, Math.ceil((2 * load) / Math.max(1, limit))));
    for (let count = ready + coming; count < wanted; count += 1) this.#dial();
  }

  #dial(): void {
    const stop = this.#ports.connect((result) => {
      this.#dials.delete(stop);
      if (result instanceof Error) this.#failed(result);
      else this.#opening.add(new UpstreamSession(result, this.#settings, this));
    });
    this.#dials.add(stop);
  }

  /** A session could not be opened. */
  #failed(error: Error): void {
    if (this.#open.length > 0) this.#noDialBeforeMs = this.#ports.nowMs() + REDIAL_MS;
    // Another may still be coming for those that wait.
    else if (this.#opening.size + this.#dials.size === 0) this.#refuseAll(error);
  }

  #remove(session: UpstreamSession): void {
    const at = this.#open.indexOf(session);
    if (at !== -1) this.#open.splice(at, 1);
  }

  // ---- waiting

  #refuseAll(error: Error): void {
    for (const stream of this.#waiting.splice(0)) {
      endWait(stream);
      stream.refuse(error);
    }
  }

  /** While there is no session, the time to connect is the limit. */
  #limitWaits(): void {
    if (this.#open.length === 0) return;
    for (const stream of this.#waiting) {
      stream.waiting ??= setTimeout(this.#onWaited, this.#settings.waitMs, stream);
    }
  }

  readonly #onWaited = (stream: UpstreamStream): void => {
    this.forget(stream);
    stream.refuse(new UpstreamError('UPSTREAM_FULL', 'All streams to the backend are in use'));
  };
}

function endWait(stream: UpstreamStream): void {
  if (stream.waiting !== null) clearTimeout(stream.waiting);
  stream.waiting = null;
}
