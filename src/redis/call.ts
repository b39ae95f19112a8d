/** One command with its deadline: sent to the server that has the key, again after a redirect or for a script it lacks. */
import type { Deadline, Deadlines, Limited } from '../runtime/deadlines.ts';
import { parseRedirect } from './core/cluster-slot.ts';
import type { RedisConnection } from './redis-connection.ts';
import { RedisError } from './redis-error.ts';
import type { RedisReply } from './redis-link.ts';
import type { RedisScript } from './redis-script.ts';
import type { Servers } from './servers.ts';

/** Of one command; with more, the Cluster is not of one mind. */
const MAX_REDIRECTS = 5;
const TIMEOUT = new RedisError('timeout', 'no answer in time');

/** What calls of one link share. */
export interface CallContext {
  readonly servers: Servers;
  readonly deadlines: Deadlines;
  /** The error of commands while there is no connection. */
  down(): RedisError;
  refused(error: RedisError): void;
}

export interface Command {
  readonly words: readonly string[];
  /** Of EVALSHA. */
  readonly script: RedisScript | null;
}

export class Call implements Limited {
  readonly #context: CallContext;
  readonly #command: Command;
  readonly #done: (error: RedisError | null, reply: RedisReply) => void;
  #deadline: Deadline | null = null;
  #isDone = false;
  #isAsking = false;
  #isLoaded = false;
  #redirects = 0;

  constructor(context: CallContext, command: Command, done: (error: RedisError | null, reply: RedisReply) => void) {
    this.#context = context;
    this.#command = command;
    this.#done = done;
  }

  /** @param connection null: the call fails. */
  start(connection: RedisConnection | null, deadlineMs: number): void {
    if (connection === null) {
      queueMicrotask(() => this.#end(this.#context.down(), null));
      return;
    }
    this.#deadline = this.#context.deadlines.start(deadlineMs, this);
    this.#send(connection);
  }

  /** Waits for what the socket holds: after the event loop stood still, the answer may be there. */
  expire(): void {
    this.#deadline = null;
    setImmediate(() => this.#end(TIMEOUT, null));
  }

  #send(connection: RedisConnection): void {
    // Valid for the next command only, so the two must not be separated.
    if (this.#isAsking) connection.send(['ASKING'], ignore);
    connection.send(this.#command.words, (error, reply) => {
      if (this.#isDone) return;
      if (error === null) this.#end(null, reply);
      else this.#onError(error, connection);
    });
  }

  #onError(error: RedisError, connection: RedisConnection): void {
    const { script } = this.#command;
    if (script !== null && error.message.startsWith('NOSCRIPT')) {
      if (this.#isLoaded) return this.#end(connection.loadError ?? error, null);
      this.#isLoaded = true;
      connection.load(script);
      return this.#send(connection);
    }
    if (error.kind === 'moved') return this.#follow(error, connection);
    if (error.kind === 'clusterdown') this.#context.servers.refresh();
    // Not the server to use, or not any more: the next connection asks for the right one.
    if (['readonly', 'loading', 'auth'].includes(error.kind)) connection.end(error);
    this.#end(error, null);
  }

  #follow(error: RedisError, from: RedisConnection): void {
    const redirect = parseRedirect(error.message);
    const target = redirect === undefined ? null : this.#context.servers.follow(redirect, from);
    if (target === null || ++this.#redirects > MAX_REDIRECTS) return this.#end(error, null);
    this.#isAsking = redirect!.isAsk;
    this.#send(target);
  }

  #end(error: RedisError | null, reply: RedisReply): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#deadline?.cancel();
    if (error !== null && error.kind !== 'down' && error.kind !== 'timeout') this.#context.refused(error);
    this.#done(error, reply);
  }
}

function ignore(): void {
  // The command after it has the answer.
}
