/** Plugins that limit: rates, sizes and addresses. */
import { fieldOf, type Sourced, textOf } from '../document/sourced-document.ts';
import { QUOTA_PERIODS } from '../../../limits/core/limits-vocabulary.ts';
import { parseCidr } from '../../../net/ip-address.ts';
import { bothLists } from '../outline/address-order.ts';
import type { GatewayOutline } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import { givenOf, itemsOf, type KongWorld, numberOf, onlyKeys } from './kong-entities.ts';
import type { ApplyPlugin, KongPlugin, RouteDraft } from './kong-plugin.ts';

const SIZES: Readonly<Record<string, string>> = { second: '1s', minute: '1m', hour: '1h' };
const UNITS: Readonly<Record<string, number>> = { megabytes: 2 ** 20, kilobytes: 2 ** 10, bytes: 1 };

const PLUGINS: Readonly<Record<string, (plugin: KongPlugin, draft: RouteDraft, world: KongWorld) => void>> = {
  'rate-limiting': limitRoute,
  'ip-restriction': ({ config, origin }, { action }, { outline: { findings } }) => {
    onlyKeys(config, 'allow deny whitelist blacklist status message', findings);
    const lists = (...keys: readonly string[]): readonly string[] =>
      keys
        .flatMap((key) => itemsOf(config, key))
        .flatMap((each) => {
          const text = textOf(each) ?? '';
          if (parseCidr(text) !== undefined) return [text];
          findings.refuse(each.origin, 'is no address and no block of them');
          return [];
        });
    // There, a denied address is refused although a smaller block that it is in is allowed.
    const both = bothLists(
      { allow: [], deny: lists('deny', 'blacklist') },
      { allow: lists('allow', 'whitelist'), deny: [] },
    );
    if (both.allow.length > 0) action.set('allow', both.allow, origin);
    if (both.deny.length > 0) action.set('deny', both.deny, origin);
    if (both.allow.length + both.deny.length === 0) findings.refuse(origin, 'has no addresses');
    for (const key of ['status', 'message']) {
      const given = givenOf(config, key);
      if (given !== undefined) findings.lose(given.origin, 'the answer is 403, in JSON');
    }
  },
  'request-size-limiting': ({ config, origin }, { action }, { outline: { findings } }) => {
    onlyKeys(config, 'allowed_payload_size size_unit require_content_length', findings);
    const unit = UNITS[textOf(givenOf(config, 'size_unit')) ?? 'megabytes'] ?? 1;
    action.set('max_body_bytes', numberOf(config, 'allowed_payload_size', 128) * unit, origin);
    const demands = givenOf(config, 'require_content_length');
    if (demands?.value === true)
      findings.note(
        demands.origin,
        'a body without Content-Length is counted as it arrives, and refused above the limit',
      );
  },
};

export const applyLimits: ApplyPlugin = (plugin, draft, world) => {
  PLUGINS[plugin.name]?.(plugin, draft, world);
  return Object.hasOwn(PLUGINS, plugin.name);
};

interface Limits {
  /** `client` of a route, `window` of all; undefined: none. */
  readonly window: Part | undefined;
  readonly quota: Part | undefined;
}

function limitsOf({ config, origin }: KongPlugin, { findings }: GatewayOutline): Limits {
  onlyKeys(
    config,
    'second minute hour day month year limit_by header_name path policy fault_tolerant hide_client_headers error_code ' +
      'error_message sync_rate redis redis_host redis_port redis_password redis_username redis_database redis_timeout ' +
      'redis_ssl redis_ssl_verify redis_server_name',
    findings,
  );
  let window: Part | undefined;
  let quota: Part | undefined;
  for (const [key, size] of Object.entries(SIZES)) {
    const given = givenOf(config, key);
    if (given === undefined) continue;
    if (window === undefined)
      window = new Part().set('limit', Number(textOf(given)), given.origin).set('size', size, given.origin);
    else
      findings.refuse(given.origin, 'a second window: a route has one for each client, and a quota for a day or month');
  }
  for (const per of QUOTA_PERIODS) {
    const given = givenOf(config, per);
    if (given === undefined) continue;
    if (quota === undefined)
      quota = new Part().set('requests', Number(textOf(given)), given.origin).set('per', per, given.origin);
    else findings.refuse(given.origin, 'a second quota: a route has one, for a day or a month');
  }
  const year = givenOf(config, 'year');
  if (year !== undefined) findings.refuse(year.origin, 'a quota is for a day or a month');
  if (window === undefined && quota === undefined && year === undefined)
    findings.refuse(origin, 'has no limit that can be used');
  if (window !== undefined)
    findings.note(
      origin,
      'the window slides here: at most that many requests in any such time, not in each second, minute or hour of the clock',
    );
  const policy = givenOf(config, 'policy');
  if (policy !== undefined && textOf(policy) !== 'local')
    findings.note(
      policy.origin,
      'set redis.url: gateways on one Redis share their limits; without it, each counts alone',
    );
  for (const key of ['hide_client_headers', 'error_code', 'error_message']) {
    const given = givenOf(config, key);
    if (given !== undefined && given.value !== false)
      findings.lose(given.origin, 'the answer is 429 in JSON, with RateLimit fields');
  }
  return { window, quota };
}

function limitRoute(plugin: KongPlugin, { action, siblings: siblingsOf }: RouteDraft, { outline }: KongWorld): void {
  const { findings } = outline;
  const { config, origin } = plugin;
  const siblings = siblingsOf(plugin.scope);
  const { window, quota } = limitsOf(plugin, outline);
  const by = textOf(givenOf(config, 'limit_by')) ?? 'consumer';
  const at = givenOf(config, 'limit_by')?.origin ?? origin;
  let kind = 'client';
  if (by === 'header') {
    const name = textOf(fieldOf(config, 'header_name'))?.toLowerCase() ?? '';
    window?.set('key', `{header.${name}}`, at);
  } else if (by === 'ip') {
    if (action.get('auth') !== undefined) window?.set('key', '{client_address}', at);
  } else if (by === 'service') kind = 'total';
  else if (by !== 'consumer' && by !== 'credential')
    return findings.refuse(at, `"${by}": requests are counted by client, header, or all together`);
  if (quota !== undefined && (kind === 'total' || (by !== 'consumer' && by !== 'credential')))
    findings.refuse(at, 'a quota for a day or month is one of each client');
  else if (quota !== undefined) action.set('quota', quota, origin);
  if (window !== undefined) action.set(['rate_limit', kind], window, origin);
  if (siblings > 1 && kind === 'total')
    findings.refuse(at, `counts all requests together there; here, ${siblings} routes would count apart`);
  else if (siblings > 1)
    findings.note(
      origin,
      `each of ${siblings} routes counts apart here, together there: divide the limit if that matters`,
    );
}

/** A global plugin, if no other limits: one for all routes together, as there. */
export function limitAll(plugin: KongPlugin, { outline }: KongWorld): void {
  const { root, findings } = outline;
  const { window, quota } = limitsOf(plugin, outline);
  if (window !== undefined) {
    root.set(['rate_limit', 'algorithm'], 'sliding-window', plugin.origin);
    root.set(['rate_limit', 'window'], window, plugin.origin);
  }
  if (quota !== undefined) root.set(['rate_limit', 'quota'], quota, plugin.origin);
  findings.note(
    plugin.origin,
    'is for clients that are not registered; others have limits of their own: sluice clients',
  );
}

/** Whether the general limit can stand for it. */
export function countsClients(config: Sourced | undefined): boolean {
  return ['consumer', 'credential', 'ip'].includes(textOf(givenOf(config, 'limit_by')) ?? 'consumer');
}
