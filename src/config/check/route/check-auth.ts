import { AUTH_KINDS, SECRET_ALGORITHMS } from '../../../auth/core/auth-vocabulary.ts';
import { COOKIE, FORWARDED, ODD_NAME, PASS, ruleFor } from '../../../http/fields/header-rules.ts';
import type { Path } from '../../file/path.ts';
import { finding, type Finding } from '../../file/problem.ts';
import { FORMATS } from '../../schema/formats.ts';
import type { RouteFile } from '../../schema/schema.ts';
import type { Draft } from '../draft.ts';
import { fieldFault } from './check-field-changes.ts';

type AuthDraft = NonNullable<Draft<RouteFile>['auth']>;
type JwtDraft = NonNullable<AuthDraft['jwt']>;

/** What a route demands of its callers: contradictions in it. */
export function checkAuth({ auth }: Draft<RouteFile>, route: Path): readonly Finding[] {
  if (auth === undefined) return [];
  const here = [...route, 'auth'];
  const given = AUTH_KINDS.filter((kind) => auth[kind] !== undefined);
  if (auth.anyone === true) {
    return given.length === 0 ? [] : [finding([...here, 'anyone'], `excludes ${given.join(' and ')}`)];
  }
  if (given.length === 0)
    return [finding(here, `demands nothing; add one of: ${AUTH_KINDS.join(', ')}; or anyone: true`)];
  if (auth.forward !== undefined && given.length > 1) {
    const others = given.filter((kind) => kind !== 'forward');
    return [finding([...here, 'forward'], `excludes ${others.join(' and ')}: keep one of them`)];
  }
  return [
    ...checkForward(auth.forward, [...here, 'forward']),
    ...checkUsers(auth.basic?.users ?? [], [...here, 'basic', 'users']),
    ...(auth.jwt === undefined ? [] : checkJwt(auth.jwt, given.length > 1, [...here, 'jwt'])),
  ];
}

/** A client must not be able to forge what the service gets; what it says may replace any statement about the caller. */
const FORWARD_RULES = {
  headers_to_auth: [PASS, COOKIE],
  headers_to_backend: [PASS, FORWARDED, ODD_NAME],
} as const satisfies Record<string, readonly number[]>;

/** A field that the gateway sends itself, or drops, is not what the client has sent. */
function checkForward(forward: AuthDraft['forward'], here: Path): Finding[] {
  const names = (['headers_to_auth', 'headers_to_backend'] as const).flatMap((key) =>
    (forward?.[key] ?? []).map((name, at) => [key, name, at] as const),
  );
  return names.flatMap(([key, name, at]) => {
    if (name === undefined) return [];
    const fault =
      fieldFault(name, 'request_headers') ??
      (FORWARD_RULES[key].some((rule) => rule === ruleFor(name))
        ? undefined
        : 'is set or dropped by Sluice itself: it cannot be used here');
    return fault === undefined ? [] : [finding([...here, key, String(at)], fault)];
  });
}

function checkUsers(users: readonly ({ readonly name?: string | undefined } | undefined)[], here: Path): Finding[] {
  const first = new Map<string, number>();
  return users.flatMap((user, at) => {
    if (user?.name === undefined) return [];
    const before = first.get(user.name);
    if (before === undefined) first.set(user.name, at);
    return before === undefined ? [] : [finding([...here, String(at), 'name'], `the same as of users.${before}`)];
  });
}

function checkJwt(jwt: JwtDraft, isAlternative: boolean, here: Path): readonly Finding[] {
  const findings: Finding[] = [];
  if (jwt.from === 'query') {
    if (isAlternative) {
      findings.push(finding([...here, 'from'], 'a token in the query cannot be an alternative to other credentials'));
    }
    if (jwt.forward_token === false) {
      findings.push(finding([...here, 'forward_token'], 'a token in the query is part of the URL that backends get'));
    }
  }
  for (const name of Object.keys(jwt.forward_claims ?? {})) {
    const fault = fieldFault(name, 'request_headers');
    if (fault !== undefined) findings.push(finding([...here, 'forward_claims', name], fault, { atKey: true }));
  }
  return findings;
}

/** @param isGiven whether `auth.jwt` has this key, whatever its value */
export function checkTokenKeys(
  { auth }: Draft<RouteFile>,
  route: Path,
  isGiven: (key: string) => boolean,
): readonly Finding[] {
  const here = [...route, 'auth', 'jwt'];
  if (auth?.jwt === undefined) return [];
  return [...checkKeys(auth.jwt, here, isGiven), ...checkAlgorithms(auth.jwt, here, isGiven)];
}

const KEY_SOURCES = ['jwks_url', 'jwks_file', 'secret'] as const satisfies readonly (keyof JwtDraft)[];

function checkKeys(jwt: JwtDraft, here: Path, isGiven: (key: string) => boolean): Finding[] {
  const [one, ...others] = KEY_SOURCES.filter(isGiven);
  if (one !== undefined && others.length > 0) {
    return [
      finding([...here, one], `excludes ${others.join(' and ')}: keep one of them`, {
        others: others.map((key) => [...here, key]),
      }),
    ];
  }
  if (one !== undefined) return [];
  if (!isGiven('issuer')) {
    return [
      finding(
        here,
        `says nothing about keys; add issuer, to find them through it, or one of: ${KEY_SOURCES.join(', ')}`,
      ),
    ];
  }
  const { allowed, reject } = FORMATS['keys-url'];
  if (jwt.issuer === undefined || reject(jwt.issuer) === undefined) return [];
  return [finding([...here, 'issuer'], `keys are found through it only if it is ${allowed}; otherwise add jwks_url`)];
}

/** A public key that is used as a secret would let anybody sign (RFC 8725, 2.1). */
function checkAlgorithms({ algorithms = [] }: JwtDraft, here: Path, isGiven: (key: string) => boolean): Finding[] {
  const isForSecrets = (algorithm: string): boolean => SECRET_ALGORITHMS.some((each) => each === algorithm);
  return algorithms.flatMap((algorithm, at) => {
    if (algorithm === undefined || isForSecrets(algorithm) === isGiven('secret')) return [];
    const message = isForSecrets(algorithm)
      ? 'needs secret, and excludes public keys'
      : 'needs public keys, and excludes secret';
    return [finding([...here, 'algorithms', String(at)], `${algorithm} ${message}`)];
  });
}
