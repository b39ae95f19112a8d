/** Where the public keys come from that verify tokens. Both planes name a source by its id. */
import type { AuthSettings, RouteSettings } from '../config/settings.ts';

export type JwtSettings = NonNullable<AuthSettings['jwt']>;

export interface KeySource {
  readonly id: string;
  /** `discovery`: the issuer says where they are (OpenID Connect Discovery 1.0). */
  readonly kind: 'url' | 'file' | 'discovery';
  /** A URL, a path, or the issuer. */
  readonly location: string;
}

/** Null: tokens are signed with a secret. */
export function keySourceOf({ secret, jwksUrl, jwksFile, issuer }: JwtSettings): KeySource | null {
  if (secret !== null) return null;
  if (jwksUrl !== null) return source('url', jwksUrl);
  return jwksFile !== null ? source('file', jwksFile) : source('discovery', issuer!);
}

/** Each once. */
export function keySourcesOf(routes: readonly Pick<RouteSettings, 'auth'>[]): readonly KeySource[] {
  const tokens = routes.flatMap(({ auth }) => auth?.jwt ?? []);
  const sources = tokens.flatMap((jwt) => keySourceOf(jwt) ?? []);
  return [...new Map(sources.map((each) => [each.id, each])).values()];
}

function source(kind: KeySource['kind'], location: string): KeySource {
  return { id: `${kind} ${location}`, kind, location };
}
