/** The guards of a thread's routes. One is kept over snapshots while its settings stay the same, with what it has verified. */
import type { AuthSettings } from '../../config/settings.ts';
import type { IdentitySettings } from '../../identity/request-identity.ts';
import { ApiKeyCheck, type ApiKeyPorts } from './api-key-check.ts';
import { anonymousKey, parseAddress } from '../../net/ip-address.ts';
import { ForwardCheck, type ForwardPorts } from './forward-check.ts';
import { passwordAttempts, PasswordCheck, type PasswordPorts } from './password-check.ts';
import { PasswordQueue } from './password-queue.ts';
import { RouteGuard } from './route-guard.ts';
import { TokenCheck, type TokenPorts } from './token-check.ts';
import type { CredentialCheck } from './verdict.ts';

export interface GuardPorts extends ApiKeyPorts, ForwardPorts, TokenPorts {
  readonly live: { readonly current: IdentitySettings };
}

/** A few seconds of hashing. */
const MAX_WAITING = 32;
const MAX_WAITING_PER_CALLER = 4;

/** Of settings: far more than routes of a file usually have, and a bound over many reloads. */
const MAX_KEPT = 1024;

export class Guards {
  readonly #ports: GuardPorts;
  /** Settings are the same objects for as long as a snapshot is current. */
  #bySettings = new WeakMap<AuthSettings, RouteGuard>();
  readonly #byText = new Map<string, RouteGuard>();
  readonly #passwords: PasswordPorts;

  constructor(ports: GuardPorts) {
    this.#ports = ports;
    this.#passwords = {
      queue: new PasswordQueue(MAX_WAITING, MAX_WAITING_PER_CALLER),
      attempts: passwordAttempts(),
      callerKey: (address) => this.#callerKey(address),
      nowMs: ports.nowMs,
    };
  }

  of(auth: AuthSettings): RouteGuard {
    const known = this.#bySettings.get(auth);
    if (known !== undefined) return known;
    const { rateLimit, isStated } = this.#ports.live.current;
    const text = JSON.stringify([auth, rateLimit.apiKeyHeader, isStated.apiKey]);
    let guard = this.#byText.get(text);
    if (guard === undefined) {
      guard = new RouteGuard(this.#checksOf(auth));
      if (this.#byText.size >= MAX_KEPT) this.#byText.clear();
      this.#byText.set(text, guard);
    }
    this.#bySettings.set(auth, guard);
    return guard;
  }

  /** As limits count clients: an IPv6 address by its block. */
  #callerKey(text: string): string {
    const address = parseAddress(text);
    return address === undefined ? text : anonymousKey(address, this.#ports.live.current.rateLimit.ipv6Prefix);
  }

  #checksOf({ apiKey, forwardKey, jwt, basic, forward }: AuthSettings): readonly CredentialCheck[] {
    const { rateLimit, isStated } = this.#ports.live.current;
    const checks: CredentialCheck[] = [];
    if (apiKey !== null) {
      checks.push(
        new ApiKeyCheck({ header: rateLimit.apiKeyHeader, isStated: isStated.apiKey, forwardKey }, this.#ports),
      );
    }
    if (jwt !== null) checks.push(new TokenCheck(jwt, this.#ports));
    if (basic !== null) checks.push(new PasswordCheck(basic, this.#passwords));
    if (forward !== null) checks.push(new ForwardCheck(forward, this.#ports));
    return checks;
  }
}
