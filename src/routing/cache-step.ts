/** Where a cache meets a request that goes on to a backend, and its answer. */
import type { BodyWatcher } from './body-watcher.ts';

/** An answer that is sent instead of a backend's: see WaitingAnswer. */
export interface InsteadAnswer {
  readonly status: number;
  begin(): void;
}

/** A backend's answer as it came, without what belongs to the connection. */
export interface ArrivedAnswer {
  readonly status: number;
  /** Latin1. */
  readonly reason: string;
  /** Name and value alternating; not to be changed. */
  readonly fields: readonly string[];
  /** −1: unknown. */
  readonly contentLength: number;
  /** Its end is marked: it is not merely the end of the connection. */
  readonly isDelimited: boolean;
}

export interface CacheStep {
  /** Before the first attempt. @param fields what all backends get, name and value alternating; changed in place */
  changeRequest(fields: string[]): void;
  /** Null: the backend's answer is passed on. */
  instead(answer: ArrivedAnswer): InsteadAnswer | null;
  /** No backend has answered. Null: the gateway's error is. */
  insteadOfError(): InsteadAnswer | null;
  /** Of an answer that is passed on. Null: its body does not matter. */
  keep(answer: ArrivedAnswer): BodyWatcher | null;
  /** Tells the client about it. @param fields of the answer, changed in place */
  mark(fields: string[]): void;
  /** Nothing more comes of the request; perhaps called more than once. */
  finished(): void;
}
