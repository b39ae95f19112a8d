/**
 * Keys that must not be lost silently: without them, other traffic is allowed, or traffic goes elsewhere. Times,
 * thresholds, logs and display options may be.
 */
import { isRecord } from '../../config/file/path.ts';
import { plainKey } from './plain-key.ts';

/** Words in unknown keys. One too many costs a flag, one too few opens a gateway. */
const WORDS = new RegExp(
  `^(?:${[
    String.raw`rules?|rout(?:es?|er|ers|ing)|locations?|rewrites?|redirects?|match(?:es|er|ers)?|prefix(?:es)?|paths`,
    String.raw`polic(?:y|ies)|filters?|middlewares?|plugins?`,
    String.raw`backends?|servers|upstreams?|replicas|hosts|vhosts?|domains?|services?|pools?|clusters?|targets?|nodes`,
    String.raw`endpoints|destinations?|origins?|weights?|sticky|stickiness|affinity|sessions?|failover|fallback|backup`,
    String.raw`canary|mirror|shadow|split|traffic|geo`,
    String.raw`\w*limit(?:s|er|ers|ter|ing)?|throttl\w+|quotas?|burst|conns|connections|requests|concurren\w+|body`,
    String.raw`allow\w*|den(?:y|ied)\w*|white\w*|black\w*|block\w*|ban(?:s|ned)?|acls?|access|ips|cidrs?|clients|trust\w*`,
    String.raw`auth\w*|jwt|oauth\w*|oidc|keys|cors|waf|firewall|methods|m?tls|ssl|https|certs?`,
  ].join('|')})$`,
);

/** Sections in which such a word means something else. */
const ASIDE = /^(?:log\w*|metrics|prometheus|tracing|telemetry|monitoring|dashboard|ui|websocket|ws|pprof)$/;

/** For an unknown key. A list of sections is one whatever its name. */
export function isTrafficRule(key: string, value: unknown): boolean {
  if (isNothing(key, value)) return false;
  const plain = plainKey(key);
  if (ASIDE.test(plain.split('.')[0]!)) return false;
  if (Array.isArray(value) && value.some(isRecord)) return true;
  const words = plain.split(/[^a-z\d]+/);
  return !words.includes('idle') && words.some((word) => WORDS.test(word));
}

/** It says that there is no such rule. */
function isNothing(key: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === '' || (value === false && !/allow|permit/i.test(key));
}

const OURS =
  /^(?:pools|rate_limit(?!\.max_clients)|(?:adaptive|circuit_breaker|health_check)\.enabled|server\.max_connections|admin\.token)(?:\.|$)/;

/** @param path in our file */
export function changesTraffic(path: string): boolean {
  return OURS.test(path);
}
