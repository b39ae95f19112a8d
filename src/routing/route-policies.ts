/**
 * Where the policies of a route meet its requests and answers. A traffic thread compiles them with its snapshot; a route
 * without them has null, and pays one test for that.
 */
import type { GatewayError } from '../errors.ts';
import type { BodyWatcher } from './body-watcher.ts';
import type { AnswerOutput, ClientResponse } from '../http/client-side.ts';
import type { OwnAnswer } from '../http/own-answer-parts.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { KeyedPolicy } from '../limits/rate-limiter.ts';
import type { Exchange } from './exchange.ts';
import type { RouteFault } from './route-fault.ts';

/** Changes the target that backends get. */
export interface TargetRewrite {
  /** A fault: it must not be sent. @param basePaths of all backends that may get it, without a slash at the end; called if the path is odd */
  rewrittenFor(exchange: Exchange, basePaths: () => readonly string[]): string | RouteFault;
}

/** Answers the requests of a route that forwards none. */
export interface RouteAnswer {
  /** A fault: it has no answer. */
  answerTo(exchange: Exchange): OwnAnswer | RouteFault;
}

/** Changes the head of requests on their way to a backend. */
export interface RequestRule {
  /**
   * Called once for a request, before its first attempt.
   *
   * @param fields what all backends get, name and value alternating; changed in place
   */
  applyTo(fields: string[], exchange: Exchange): void;
}

/** Changes the head of answers. */
export interface AnswerRule {
  /**
   * Called once for every answer on the route, from a backend or of the gateway itself, just before its head is
   * written; not for interim answers.
   *
   * @param fields name and value alternating; changed in place
   */
  applyTo(fields: string[], status: number, exchange: Exchange): void;
}

/** Pages for errors. */
export interface RouteErrorPages {
  /** There is one for this status, for some clients. */
  has(status: number): boolean;
  /** HTML; null: the client gets JSON. */
  bodyFor(status: number, message: string, exchange: Exchange): Buffer | null;
  /** In place of a backend's answer. Null: that is passed on. @param fields of it, name and value alternating */
  instead(status: number, fields: readonly string[], exchange: Exchange): OwnAnswer | null;
}

/** Which addresses may use the route. */
export interface RouteAddresses {
  /** @param address of the caller, behind trusted proxies */
  admits(address: IpAddress): boolean;
}

/** Which pages of other origins may use the route. */
export interface RouteCors {
  /** @param origin the Origin field of a request */
  allows(origin: string): boolean;
}

/** Looks at the bodies of backends' answers. */
export interface AnswerWatch {
  /**
   * Called once for a backend's answer, before its head is written. Null: its body does not matter.
   *
   * @param fields as the client gets them, name and value alternating; not to be changed
   */
  watch(fields: readonly string[], status: number, exchange: Exchange): BodyWatcher | null;
}

/** An answer whose head is ready to be written. */
export interface CompressibleAnswer {
  readonly status: number;
  /** Name and value alternating; changed in place. */
  readonly fields: string[];
  /** −1: unknown. */
  readonly contentLength: number;
}

/** Compresses the bodies of answers. */
export interface AnswerCompression {
  /** Called once for an answer, when nothing else changes its head any more. @returns where to write it */
  outputFor(answer: CompressibleAnswer, response: ClientResponse): AnswerOutput;
}

/** Null: the request goes on. */
export type StageOutcome = GatewayError | OwnAnswer | null;

/** What is known of a plugin before it sees a request. */
export interface ForeseenPlugin {
  readonly name: string;
  /** `answers`: it may, and only its own code knows; `watches`: it sees answers only; `fails`: it could not be loaded. */
  readonly effect: 'answers' | 'watches' | 'fails';
  /** When it fails, the request goes on without it. */
  readonly isSkipped: boolean;
}

/** The user's own code, which a route runs before a backend is picked. */
export interface RoutePlugins {
  /** In order. */
  foresee(): readonly ForeseenPlugin[];
  /** Calls `next` once, now or later; never if the client has left. */
  start(exchange: Exchange, next: (outcome: StageOutcome) => void): void;
}

/** Counts requests by a key that is made from them. */
export interface KeyedLimits extends KeyedPolicy {
  readonly dryRun: boolean;
  keyOf(exchange: Exchange): string;
}

/** What a route does besides forwarding, in the order of the lists. */
export interface RoutePolicies {
  /** Null: all may. */
  readonly addresses: RouteAddresses | null;
  /** A limit for each value of a key; null: none. */
  readonly keyed: KeyedLimits | null;
  /** Null: its requests are forwarded. */
  readonly answer: RouteAnswer | null;
  /** Null: its backends say it. */
  readonly pages: RouteCors | null;
  readonly failurePages: RouteErrorPages | null;
  readonly targetRewrite: TargetRewrite | null;
  readonly requestRules: readonly RequestRule[] | null;
  readonly answerRules: readonly AnswerRule[] | null;
  readonly answerWatches: readonly AnswerWatch[] | null;
  readonly answerCompression: AnswerCompression | null;
  /** The user's own. */
  readonly userPlugins: RoutePlugins | null;
}

/** Also for a request that was refused before the router, if its route was looked up then. Null: none. */
export function answerRulesOf({ route, found }: Exchange): readonly AnswerRule[] | null {
  const known = (route ?? found) as Partial<RoutePolicies> | null;
  return known?.answerRules ?? null;
}

/** The same for pages for errors. */
export function failurePagesOf({ route, found }: Exchange): RouteErrorPages | null {
  const known = (route ?? found) as Partial<RoutePolicies> | null;
  return known?.failurePages ?? null;
}
