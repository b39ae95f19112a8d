/**
 * Passes client data to Node's parser, so that at most `max_pipelined_requests` of the connection are in work: then
 * reading stops until answers have been sent.
 *
 * The parser hands out every request in the data it is given, without limit; so it gets one head at a time, while there
 * is room. What waits is bytes of the connection, at most one read, and not requests with their objects. Node sends the
 * answers in the order of the requests.
 *
 * The parser would refuse bytes above 0x7f in a path: they are masked on their way through it
 * (src/connections/target-mask.ts).
 */
import { isAscii } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { closeAfterAnswer } from '../http/linger.ts';
import { TargetMask } from './target-mask.ts';
import { ParserPosition } from './parser-position.ts';

const LF = 10;

type Listener = (this: Socket, bytes: Buffer) => void;

export class RequestFeed {
  readonly #socket: Socket;
  readonly #max: number;
  #left: number;
  readonly #parse: Listener;
  readonly #position = new ParserPosition();
  /** None until a request line needs it. */
  #mask: TargetMask | null = null;
  #held: Buffer | null = null;
  /** Answers that queued behind another one and are not closed yet. */
  readonly #behind = new Set<ServerResponse>();
  #isFeeding = false;
  #isWaiting = false;

  /**
   * @param socket one that Node's server has just taken over. @param max requests in work at a time. @param maxRequests
   * total requests; 0: unlimited.
   */
  constructor(socket: Socket, max: number, maxRequests: number) {
    this.#socket = socket;
    this.#max = max;
    this.#left = maxRequests === 0 ? Infinity : maxRequests;
    const [parse] = socket.listeners('data') as [Listener];
    this.#parse = parse;
    socket.off('data', parse);
    socket.on('data', this.#onData);
    socket.on('resume', this.#feed);
    socket.sluiceFeed = this;
  }

  /** A request was parsed, and this will be its answer. */
  started(response: ServerResponse): void {
    this.#position.started(response.req);
    this.restoreTarget(response.req);
    this.#left -= 1;
    // Node would answer whatever follows it 503, and close nothing.
    if (this.#left === 0) response.shouldKeepAlive = false;
    if (response.socket !== null) return;
    this.#behind.add(response);
    response.on('close', () => {
      this.#behind.delete(response);
      this.#feed();
    });
  }

  /** Restores the masked part of the target: for anything but ordinary requests; started() does it, too. */
  restoreTarget(request: IncomingMessage): void {
    if (this.#mask !== null) request.url = this.#mask.unmask(request.url!);
  }

  /** The request has been handed on: data after the last one belongs to no request. */
  handedOn(): void {
    if (this.#left === 0) closeAfterAnswer(this.#socket);
  }

  /** The parser gets nothing more. Returns what it has not been given. */
  stop(): Buffer | null {
    const held = this.#held;
    this.#held = null;
    this.#isWaiting = false;
    this.#socket.off('data', this.#onData);
    this.#socket.off('resume', this.#feed);
    return held;
  }

  /** Only Node knows about answers that had the connection to themselves from the start. */
  get #direct(): ServerResponse | null {
    const current = this.#socket._httpMessage ?? null;
    return current === null || this.#behind.has(current) ? null : current;
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#held = this.#held === null ? bytes : Buffer.concat([this.#held, bytes]);
    this.#feed();
  };

  /** Also when the connection is resumed, which Node does whenever a body is read. */
  readonly #feed = (): void => {
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    while (this.#held !== null && this.#socket._paused !== true && !this.#socket.destroyed) {
      const direct = this.#direct;
      const inWork = this.#behind.size + (direct === null ? 0 : 1);
      if (inWork >= this.#max && !this.#position.isInBody) {
        this.#wait(direct);
        break;
      }
      const held = this.#held;
      const end = this.#position.cut(held);
      const piece = end === held.length ? held : held.subarray(0, end);
      this.#held = end === held.length ? null : held.subarray(end);
      this.#parse.call(this.#socket, this.#masked(piece));
      this.#position.parsed(piece);
    }
    this.#isFeeding = false;
    if (this.#held !== null || !this.#isWaiting) return;
    this.#isWaiting = false;
    this.#socket.resume();
  };

  #masked(piece: Buffer): Buffer {
    if (this.#position.isBetween) {
      // The usual case: the whole line is there, and ASCII.
      if (isAscii(piece) && piece[piece.length - 1] === LF) return piece;
      this.#mask ??= new TargetMask();
      this.#mask.begin();
    } else if (!this.#position.isInRequestLine) {
      return piece;
    }
    return this.#mask!.mask(piece);
  }

  #wait(direct: ServerResponse | null): void {
    this.#socket.pause();
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    direct?.once('close', this.#feed);
  }
}
