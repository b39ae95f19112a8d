/** The guards of a thread's routes. One is kept over snapshots while its settings stay the same, with what it has verified. */
import type { AuthSettings } from '../../config/settings.ts';
import type { IdentitySettings } from '../../identity/request-identity.ts';
import { ApiKeyCheck, type ApiKeyPorts } from './api-key-check.ts';
import { RouteGuard } from './route-guard.ts';
import type { CredentialCheck } from './verdict.ts';

export interface GuardPorts extends ApiKeyPorts {
  readonly live: { readonly current: IdentitySettings };
}

/** Of settings: far more than routes of a file usually have, and a bound over many reloads. */
const MAX_KEPT = 1024;

export class Guards {
  readonly #ports: GuardPorts;
  /** Settings are the same objects for as long as a snapshot is current. */
  #bySettings = new WeakMap<AuthSettings, RouteGuard>();
  readonly #byText = new Map<string, RouteGuard>();

  constructor(ports: GuardPorts) {
    this.#ports = ports;
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

  #checksOf({ apiKey, forwardKey }: AuthSettings): readonly CredentialCheck[] {
    const { rateLimit, isStated } = this.#ports.live.current;
    const checks: CredentialCheck[] = [];
    if (apiKey !== null) {
      checks.push(
        new ApiKeyCheck({ header: rateLimit.apiKeyHeader, isStated: isStated.apiKey, forwardKey }, this.#ports),
      );
    }
    return checks;
  }
}
