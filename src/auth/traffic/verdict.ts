/** What becomes of a request whose caller has to prove its identity. */
import type { GatewayError } from '../../errors.ts';
import type { ClientRequest } from '../../http/client-side.ts';
import type { ServiceAnswer } from './auth-service.ts';
import type { AuthFailure, AuthKind } from '../core/auth-vocabulary.ts';

/** The part of an exchange that is looked at. */
export interface GuardedRequest {
  readonly response: { readonly req: ClientRequest };
  readonly target: string;
  readonly clientAddress: string;
  readonly isPeerTrusted: boolean;
  readonly startMs: number;
}

export interface Passed {
  readonly failure: null;
  /** See VerifiedCaller. */
  readonly user: string;
  readonly fields: readonly string[];
  readonly cookie: string;
  /** Of a token; null: none. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** Bucket key of a registered client; empty: another identity. */
  readonly client: string;
}

export interface Refused {
  readonly failure: AuthFailure;
  readonly error: GatewayError;
  /** What the client gets instead of the error. Default: the error. */
  readonly answer?: ServiceAnswer;
}

export type Verdict = Passed | Refused;

/** What a real request with these credentials would meet, as far as this thread can say it without asking anyone. */
export interface Foreseen {
  /** Null: only a real request finds out. */
  readonly verdict: Verdict | null;
  /** A sentence without its full stop: what is known, or what a real request does to find out. */
  readonly note: string;
}

/** One kind of credential. */
export interface CredentialCheck {
  readonly kind: AuthKind;
  /** Names of the fields that may carry it, lower case. */
  readonly names: readonly string[];
  /** Names of the cookies that may. */
  readonly cookies: readonly string[];
  /** Value of WWW-Authenticate for a request without credentials. */
  readonly challenge: string;
  /** Undefined: the request has none of this kind. */
  credentialIn(request: GuardedRequest): string | undefined;
  /** Null: `done` is called later, once. */
  judge(credential: string, request: GuardedRequest, done: (verdict: Verdict) => void): Verdict | null;
  /** Like judge, for an explanation: nothing is counted, remembered or fetched. Never rejects. */
  foresee(credential: string, request: GuardedRequest): Foreseen | Promise<Foreseen>;
}
