/**
 * One connection to one server. It opens once and ends once; for another, its owner makes a new one. So no command waits
 * for a connection, and none is sent later than its caller expects.
 *
 * Commands of one turn of the event loop are written together; answers come in their order.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import type { RedisAccess, RedisAddress } from './redis-access.ts';
import { replyErrorKind } from './core/redis-error-kind.ts';
import { commandText, ProtocolError, ReplyParser } from './core/reply-parser.ts';
import { RedisError } from './redis-error.ts';
import type { RedisReply } from './redis-link.ts';
import type { RedisScript } from './redis-script.ts';

export type ReplyDone = (error: RedisError | null, reply: RedisReply) => void;

/** A connection without traffic is asked this often, ms. */
const PING_MS = 100;
/** It ends if the server answers nothing for this long although something was asked, ms. */
const SILENCE_MS = 300;
/** A tick that is later than this shows that the event loop stood still, ms. */
const LATE_MS = 20;
/** More commands are not sent: the server is too slow. */
const MAX_PENDING = 10_000;
const TOO_MANY = new RedisError('down', `${MAX_PENDING} commands are waiting for an answer`);
/** So many places of answered commands are kept, as removing each would move all others. */
const MAX_ANSWERED = 1024;
/** Before the first packet that checks an idle connection, ms. */
const KEEP_ALIVE_MS = 5000;

export class RedisConnection {
  readonly address: RedisAddress;
  /** Resolves when the connection has ended, with the reason. */
  readonly ended: Promise<RedisError>;
  readonly #socket: Socket;
  readonly #parser: ReplyParser;
  readonly #onEnded: (error: RedisError) => void;
  /** Scripts that are being sent to the server. */
  readonly #loading = new Set<string>();
  #loadError: RedisError | null = null;
  #error: RedisError | null = null;
  /** Of commands under way at the end, and of later ones: they did not cause it. */
  #lost: RedisError | null = null;
  #lastReplyError: RedisError | null = null;
  #watch: NodeJS.Timeout | undefined;
  /** Not written yet. */
  #text = '';
  /** Of commands without an answer, in order, from {@link #first} on. */
  #pending: (ReplyDone | null)[] = [];
  #first = 0;
  /** Since when the server owes an answer. */
  #waitingSinceMs = 0;
  #tickMs = 0;

  private constructor(address: RedisAddress, access: RedisAccess) {
    this.address = address;
    const { promise, resolve } = Promise.withResolvers<RedisError>();
    this.ended = promise;
    this.#onEnded = resolve;
    this.#parser = new ReplyParser({
      reply: (value) => this.#onAnswer(null, value),
      error: (text) => this.#onAnswer(this.#replyError(text), null),
    });
    this.#socket = openSocket(address, access)
      .on('data', (bytes: Buffer) => this.#read(bytes))
      .on('error', (error) => this.end(new RedisError('down', messageOf(error))))
      .on('close', () => this.end(new RedisError('down', 'the server closed the connection')));
  }

  /**
   * Connects and authenticates. Rejects with RedisError, also when `signal` aborts.
   * @param address its host may be a name: it is resolved for every connection.
   */
  static async open(address: RedisAddress, access: RedisAccess, signal: AbortSignal): Promise<RedisConnection> {
    const connection = new RedisConnection(address, access);
    await connection.#connect(access, signal);
    return connection;
  }

  async #connect(access: RedisAccess, signal: AbortSignal): Promise<void> {
    const { connectTimeoutMs, name } = access;
    const onAbort = (): void => this.end(new RedisError('down', 'closed'));
    const timer = setTimeout(() => {
      this.end(new RedisError('timeout', `not connected and authenticated within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      const { promise: connected, resolve } = Promise.withResolvers<null>();
      this.#socket.once(access.tls === null || this.address.path !== null ? 'connect' : 'secureConnect', () =>
        resolve(null),
      );
      const error = await Promise.race([connected, this.ended]);
      if (error !== null) throw error;
      await this.#logIn(access);
    } catch (error) {
      this.end(error as RedisError);
      throw this.#error!;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
    this.#tickMs = performance.now();
    this.#watch = setInterval(() => this.#tick(), PING_MS).unref();
    // Only for operators: a server that does not allow it works as well.
    this.send(['CLIENT', 'SETNAME', name], ignore);
  }

  async #logIn({ username, password, db }: RedisAccess): Promise<void> {
    const answers: Promise<RedisReply>[] = [];
    if (username !== null) answers.push(this.ask('AUTH', username, password ?? ''));
    else if (password !== null) answers.push(this.ask('AUTH', password));
    if (db !== 0) answers.push(this.ask('SELECT', String(db)));
    await Promise.all(answers);
  }

  /** `done` is called once, and never before this returns. Never throws. */
  send(words: readonly string[], done: ReplyDone): void {
    const pending = this.#pending.length - this.#first;
    if (this.#error !== null || pending >= MAX_PENDING) {
      const error = this.#lost ?? TOO_MANY;
      queueMicrotask(() => done(error, null));
      return;
    }
    if (pending === 0) this.#waitingSinceMs = performance.now();
    this.#pending.push(done);
    if (this.#text === '') setImmediate(flush, this);
    this.#text += commandText(words);
  }

  /** For rare use. Rejects with RedisError: if the connection ends, with the reason. */
  ask(...words: readonly string[]): Promise<RedisReply> {
    return new Promise((resolve, reject) => {
      this.send(words, (error, reply) => {
        if (error === null) resolve(reply);
        else reject(error === this.#lost ? this.#error! : error);
      });
    });
  }

  /** For commands sent after this: sends the script, unless that is under way. */
  load({ sha, source }: RedisScript): void {
    if (this.#loading.has(sha)) return;
    this.#loading.add(sha);
    this.send(['SCRIPT', 'LOAD', source], (error) => {
      this.#loading.delete(sha);
      this.#loadError = error;
    });
  }

  /** Why the last script could not be sent. */
  get loadError(): RedisError | null {
    return this.#loadError;
  }

  /** Writes what was sent. */
  flush(): void {
    const text = this.#text;
    this.#text = '';
    if (this.#error === null) this.#socket.write(text);
  }

  /** Fails what is under way. Only the first reason counts. */
  end(error: RedisError): void {
    if (this.#error !== null) return;
    this.#error = error;
    const lost = new RedisError('down', error.message, { cause: error });
    this.#lost = lost;
    clearInterval(this.#watch);
    this.#socket.destroy();
    const pending = this.#pending.slice(this.#first);
    this.#pending = [];
    this.#first = 0;
    // Not at once: a caller may have ended it, and expects nothing before its call returns.
    queueMicrotask(() => {
      for (const done of pending) done?.(lost, null);
    });
    this.#onEnded(error);
  }

  #read(bytes: Buffer): void {
    if (this.#error !== null) return;
    try {
      this.#parser.read(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.end(new RedisError('down', error.message));
    }
  }

  #onAnswer(error: RedisError | null, reply: RedisReply): void {
    // What it says after the end, or without being asked, as a server that is full does, is the reason of the end.
    if (this.#error !== null) return;
    if (this.#first === this.#pending.length) return this.end(error ?? new RedisError('down', 'an answer to nothing'));
    const done = this.#pending[this.#first]!;
    this.#pending[this.#first++] = null;
    if (this.#first === this.#pending.length || this.#first === MAX_ANSWERED) {
      this.#pending.splice(0, this.#first);
      this.#first = 0;
    }
    this.#waitingSinceMs = performance.now();
    done(error, reply);
  }

  #tick(): void {
    const nowMs = performance.now();
    const lateMs = nowMs - this.#tickMs - PING_MS;
    this.#tickMs = nowMs;
    // While the event loop stood still, nothing was sent or read. It is not the server that was silent.
    if (lateMs > LATE_MS) this.#waitingSinceMs += lateMs;
    if (this.#pending.length === this.#first) this.send(['PING'], ignore);
    else if (this.#isSilent(nowMs)) setImmediate(() => this.#endIfSilent(nowMs));
  }

  /** Again, because an answer may have arrived that has not been read. */
  #endIfSilent(nowMs: number): void {
    if (this.#isSilent(nowMs)) this.end(new RedisError('timeout', `no answer for ${SILENCE_MS} ms`));
  }

  #isSilent(nowMs: number): boolean {
    return this.#pending.length > this.#first && nowMs - this.#waitingSinceMs >= SILENCE_MS;
  }

  #replyError(text: string): RedisError {
    // A server that refuses one command refuses the next ones alike, and a stack trace for each would be dear.
    if (this.#lastReplyError?.message !== text) this.#lastReplyError = new RedisError(replyErrorKind(text), text);
    return this.#lastReplyError;
  }
}

function flush(connection: RedisConnection): void {
  connection.flush();
}

function openSocket({ host, port, path }: RedisAddress, { tls }: RedisAccess): Socket {
  if (path !== null) return connect({ path });
  const address = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  return tls === null ? connect(address) : connectTls({ ...address, rejectUnauthorized: true, ...tls });
}

function messageOf(error: Error): string {
  // Of a name with several addresses, Node gives an error without text that has one for each.
  return error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : error.message;
}

function ignore(): void {
  // No answer is needed.
}
