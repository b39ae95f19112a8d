/** Who a request is from, as the authentication of its route has established. */
import type { AuthKind } from './core/auth-vocabulary.ts';

export interface VerifiedCaller {
  readonly kind: AuthKind;
  /** For logs, and `{auth_user}`: the id of a client, the name of a user, the subject of a token. Empty: not known. */
  readonly user: string;
  /** Names, folded, of all fields that may carry credentials on this route: backends get none of them. */
  readonly removed: ReadonlySet<string>;
  /** The same of cookies. */
  readonly removedCookies: readonly string[];
  /** A cookie that they get instead, `name=value`; empty: none. */
  readonly cookie: string;
  /** What they get instead; name and value alternating. */
  readonly fields: readonly string[];
}
