/**
 * The link of one thread to Redis or Valkey. It connects, reconnects for ever, and gives every command its own deadline:
 * whatever the server does, each call ends in time.
 */
import type { RedisError } from './redis-error.ts';
import type { RedisScript } from './redis-script.ts';

/** What a script or a command answers: text, integers, null, and arrays of these. */
export type RedisReply = string | number | null | RedisReply[];

/** `reply` is the script's array, or an array of its one value; empty with an error. */
export type RunDone = (error: RedisError | null, reply: readonly RedisReply[]) => void;

/** `ms`: how long the server took to answer; 0 with an error. */
export type PingDone = (error: RedisError | null, ms: number) => void;

export interface RedisLink {
  /** Connected and answering; with Cluster, at least one master is. */
  readonly isUp: boolean;

  /** It is a Cluster, and at least one master answers: a command that fails says nothing of keys on other nodes. */
  readonly isInParts: boolean;

  /**
   * Runs a script with one key; the server gets it if it does not have it. `done` is called exactly once: never before
   * this returns, and within `deadlineMs` plus what the event loop is late. Never throws.
   *
   * Without a connection the error is `down`, at once. A command that was under way may run nevertheless after `timeout`
   * or `down`, even later: a server that hung executes what it received. All other errors mean that it did not.
   *
   * @param deadlineMs use few different values: each has a list of its own.
   */
  run(script: RedisScript, key: string, args: readonly string[], deadlineMs: number, done: RunDone): void;

  /** As {@link run}; with Cluster, asks every master and reports the slowest. */
  ping(deadlineMs: number, done: PingDone): void;

  /**
   * For rare use. With Cluster, it goes to the node of the command's second word, so only commands with one key there
   * are allowed. Rejects with RedisError.
   */
  command(args: readonly string[], deadlineMs: number): Promise<RedisReply>;

  /** Fails the commands under way with `down`, closes the connections and does not reconnect. */
  close(): Promise<void>;
}
