/** Lets a request pass if one of the credentials that its route accepts is right. */
import { GatewayError } from '../../errors.ts';
import { foldedName } from '../../http/fields/header-rules.ts';
import type { AuthKind } from '../core/auth-vocabulary.ts';
import type { VerifiedCaller } from '../verified-caller.ts';
import type { CredentialCheck, Foreseen, GuardedRequest, Passed, Refused, Verdict } from './verdict.ts';

export type GuardVerdict = (Passed & { readonly caller: VerifiedCaller }) | Refused;

export interface ForeseenGuard extends Foreseen {
  /** What its credentials are; null: it has none. */
  readonly kind: AuthKind | null;
  readonly verdict: GuardVerdict | null;
}

export class RouteGuard {
  readonly #checks: readonly CredentialCheck[];
  readonly #missing: Refused;
  /** Of all kinds: one that was not looked at must not reach a backend that believes it was. */
  readonly #removed: ReadonlySet<string>;

  readonly #removedCookies: readonly string[];

  constructor(checks: readonly CredentialCheck[]) {
    this.#checks = checks;
    this.#removed = new Set(checks.flatMap(({ names }) => names.map(foldedName)));
    this.#removedCookies = checks.flatMap(({ cookies }) => cookies);
    this.#missing = {
      failure: 'missing',
      error: new GatewayError('GW_AUTH_REQUIRED', { challenges: checks.map(({ challenge }) => challenge) }),
    };
  }

  /** The first kind that the request has credentials of decides. Null: `done` is called later, once. */
  judge(request: GuardedRequest, done: (verdict: GuardVerdict) => void): GuardVerdict | null {
    for (const check of this.#checks) {
      const credential = check.credentialIn(request);
      if (credential === undefined) continue;
      const verdict = check.judge(credential, request, (late) => done(this.#concluded(check, late)));
      return verdict === null ? null : this.#concluded(check, verdict);
    }
    return this.#missing;
  }

  /** Like judge, for an explanation: nothing is counted, remembered or fetched. */
  async foresee(request: GuardedRequest): Promise<ForeseenGuard> {
    for (const check of this.#checks) {
      const credential = check.credentialIn(request);
      if (credential === undefined) continue;
      const { verdict, note } = await check.foresee(credential, request);
      return { kind: check.kind, verdict: verdict === null ? null : this.#concluded(check, verdict), note };
    }
    const kinds = this.#checks.map(({ kind }) => kind).join(' or ');
    return { kind: null, verdict: this.#missing, note: `it has no credentials; the route accepts ${kinds}` };
  }

  #concluded({ kind }: CredentialCheck, verdict: Verdict): GuardVerdict {
    if (verdict.failure !== null) return verdict;
    const { user, fields, cookie } = verdict;
    const [removed, removedCookies] = [this.#removed, this.#removedCookies];
    return { ...verdict, caller: { kind, user, removed, removedCookies, fields, cookie } };
  }
}
