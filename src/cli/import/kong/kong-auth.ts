/** Plugins that demand credentials, and the consumers that have them. */
import { fieldOf, type Sourced, textOf, textsOf } from '../document/sourced-document.ts';
import { Part } from '../outline/part.ts';
import { givenOf, itemsOf, type KongWorld, nameOf, onlyKeys } from './kong-entities.ts';
import { type ApplyPlugin, isOn, isTemplate, type KongPlugin, type RouteDraft } from './kong-plugin.ts';

const PLUGINS: Readonly<Record<string, (plugin: KongPlugin, draft: RouteDraft, world: KongWorld) => void>> = {
  'key-auth': demandKey,
  jwt: demandToken,
};

export const applyAuth: ApplyPlugin = (plugin, draft, world) => {
  const apply = PLUGINS[plugin.name];
  if (apply === undefined) return false;
  const { findings } = world.outline;
  const anonymous = givenOf(plugin.config, 'anonymous');
  if (anonymous !== undefined && textOf(anonymous) !== '')
    findings.refuse(
      anonymous.origin,
      'lets everyone through: leave auth out for those requests, in a route of their own',
    );
  else if (draft.action.get('auth') !== undefined)
    findings.refuse(plugin.origin, 'both are demanded there; here, one of several kinds of credentials is enough');
  else apply(plugin, draft, world);
  return true;
};

function demandKey({ config, origin }: KongPlugin, { action }: RouteDraft, { outline }: KongWorld): void {
  const { root, findings } = outline;
  onlyKeys(
    config,
    'key_names key_in_header key_in_query key_in_body hide_credentials anonymous run_on_preflight realm',
    findings,
  );
  const names = givenOf(config, 'key_names');
  const given = textsOf(names).map((name) => name.toLowerCase());
  const [name = 'apikey', ...others] = given;
  const at = names?.origin ?? origin;
  const before = root.get('rate_limit', 'api_key_header');
  if (others.length > 0 || (before !== undefined && before !== name))
    findings.refuse(at, 'keys are in one header field, the same for all routes: rate_limit.api_key_header');
  if (before === undefined)
    root.set(['rate_limit', 'api_key_header'], name, at, names === undefined ? "Kong's default" : undefined);
  if (givenOf(config, 'key_in_header')?.value === false)
    findings.refuse(fieldOf(config, 'key_in_header')!.origin, 'keys are in a header field');
  else if (givenOf(config, 'key_in_query')?.value !== false || isOn(config, 'key_in_body'))
    findings.note(origin, 'keys are read in the header field only, not in the query or the body');
  action.set(['auth', 'api_key'], 'required', origin);
  if (isOn(config, 'hide_credentials'))
    action.set(['auth', 'forward_key'], false, fieldOf(config, 'hide_credentials')!.origin);
}

function demandToken({ config, origin }: KongPlugin, { action }: RouteDraft, world: KongWorld): void {
  const { findings } = world.outline;
  onlyKeys(
    config,
    'uri_param_names cookie_names header_names key_claim_name secret_is_base64 claims_to_verify anonymous ' +
      'run_on_preflight maximum_expiration realm',
    findings,
  );
  const secrets = credentialsOf('jwt_secrets', world);
  const [secret] = secrets;
  if (secret === undefined || secrets.length > 1)
    return findings.refuse(origin, `${secrets.length} consumers have secrets: auth.jwt of a route has one authority`);
  const algorithm = textOf(givenOf(secret, 'algorithm')) ?? 'HS256';
  const text = textOf(givenOf(secret, 'secret')) ?? '';
  const key = textOf(givenOf(secret, 'key'));
  if (!/^HS\d+$/.test(algorithm))
    return findings.refuse(
      origin,
      `${algorithm}: public keys are in a file here: set jwks_file or jwks_url of auth.jwt`,
    );
  if (text === '' || isTemplate(text) || key === undefined || isOn(config, 'secret_is_base64'))
    return findings.refuse(origin, 'key and secret must be in the file, as text');
  const claim = givenOf(config, 'key_claim_name');
  if (claim !== undefined && textOf(claim) !== 'iss')
    return findings.refuse(claim.origin, 'tokens say their issuer in iss');
  const jwt = new Part().set('issuer', key, fieldOf(secret, 'key')!.origin);
  jwt.set('secret', text, fieldOf(secret, 'secret')!.origin).set('algorithms', [algorithm], secret.origin);
  const claims = givenOf(config, 'claims_to_verify');
  jwt.set('required_claims', textsOf(claims), claims?.origin ?? origin);
  jwt.set('leeway', '0s', undefined, 'as Kong');
  const header = givenOf(config, 'header_names');
  const [name = 'authorization', ...others] = textsOf(header).map((each) => each.toLowerCase());
  if (name !== 'authorization') jwt.set('from', 'header', header!.origin).set('name', name, header!.origin);
  findings.note(
    others.length > 0 ? header!.origin : origin,
    `tokens are read in the header field ${name} only; exp and nbf are verified if a token has them`,
  );
  const longest = givenOf(config, 'maximum_expiration');
  if (longest !== undefined && Number(textOf(longest)) > 0)
    findings.refuse(longest.origin, 'set max_age of auth.jwt: the time since iat');
  action.set(['auth', 'jwt'], jwt, origin);
}

function credentialsOf(kind: string, { file }: KongWorld): readonly Sourced[] {
  return [...itemsOf(file, 'consumers').flatMap((each) => itemsOf(each, kind)), ...itemsOf(file, kind)];
}

/** Credentials that no file has here. Names of consumers are no secrets, their keys are. */
export function reportCredentials(world: KongWorld): void {
  const { findings } = world.outline;
  const consumers = itemsOf(world.file, 'consumers');
  for (const each of consumers)
    onlyKeys(
      each,
      'username custom_id id tags created_at updated_at plugins keyauth_credentials basicauth_credentials jwt_secrets acls',
      findings,
    );
  for (const [kind, why] of [
    [
      'keyauth_credentials',
      'keys are in the database: give each client a new one with sluice clients add NAME --api-key',
    ],
    ['basicauth_credentials', 'set auth.basic of the route with hashes from sluice password'],
    ['acls', 'there are no groups of clients: demand scopes with auth.jwt'],
  ] as const) {
    for (const consumer of consumers) {
      const given = givenOf(consumer, kind);
      if ((given?.items ?? []).length > 0) findings.refuse(given!.origin, `${nameOf(consumer)}: ${why}`);
    }
    for (const each of itemsOf(world.file, kind)) findings.refuse(each.origin, why);
  }
}
