import assert from 'node:assert/strict';
import { test } from 'node:test';

import { POOL, problemsOf } from '../../support/config-problems.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const OTHER_HASH = `sha256:${'b'.repeat(64)}`;

const PASSWORD = `scrypt:15:8:3:${'A'.repeat(22)}:${'B'.repeat(43)}`;

/** A route that demands tokens. */
const jwt = (keys: string): string => `${POOL}routes: [{ pool: default, auth: { jwt: { ${keys} } } }]`;

/** One mistake, one line, with its position: [name, text, the expected line]. */
const SHAPE: readonly (readonly [name: string, text: string, line: string | RegExp])[] = [
  [
    'an unknown word names the allowed ones and the nearest',
    'pools:\n  api:\n    algorithm: roundrobin\n    backends: [{ url: http://b }]',
    'c.yaml:3:16: pools.api.algorithm: found "roundrobin"; allowed: round-robin, weighted-round-robin, least-connections, random, two-choices, consistent-hash; did you mean "round-robin"?',
  ],
  [
    'an unknown key names the nearest',
    'pools:\n  api:\n    algoritm: random\n    backends: [{ url: http://b }]',
    'c.yaml:3:5: pools.api.algoritm: unknown key "algoritm"; did you mean "algorithm"?',
  ],
  [
    'an unknown key near to none lists the allowed ones',
    `${POOL}metrics: { zzz: 1 }`,
    'c.yaml:2:12: metrics.zzz: unknown key "zzz"; allowed here: interval, store_history',
  ],
  [
    'a key that belongs elsewhere names where',
    `${POOL}threads: 2`,
    'c.yaml:2:1: threads: unknown key "threads"; did you mean server.threads?',
  ],
  [
    'a key that belongs to many names those nearest to the top',
    `${POOL}backends: []`,
    'c.yaml:2:1: backends: unknown key "backends"; did you mean pools.*.backends?',
  ],
  [
    'a key of the top within a section',
    `${POOL}server: { health_check: {} }`,
    /unknown key "health_check"; did you mean health_check or pools\.\*\.health_check\?$/,
  ],
  [
    'camelCase is understood, not accepted',
    `${POOL}rateLimit: {}`,
    /unknown key "rateLimit"; did you mean "rate_limit"\?$/,
  ],
  [
    'text is no number',
    `${POOL}server: { port: http }`,
    'c.yaml:2:17: server.port: found "http"; allowed: an integer from 0 to 65535',
  ],
  ['a port ends at 65535', `${POOL}server: { port: 65536 }`, /found 65536; allowed: an integer from 0 to 65535$/],
  ['a port begins at 0', `${POOL}server: { port: -1 }`, /found -1; allowed: an integer from 0 to 65535$/],
  ['half a port is none', `${POOL}server: { port: 80.5 }`, /found 80\.5; allowed: an integer/],
  ['a bare number is no duration', `${POOL}metrics: { interval: 5 }`, /found 5; allowed: a duration above zero/],
  [
    'a gateway with two names',
    `${POOL}fleet: { name: a }\ndatabase: { gateway: b }`,
    /fleet\.name: differs from database\.gateway, its older name; remove that one$/,
  ],
  [
    'a gateway that is lost between two beats',
    `${POOL}fleet: { beat: 5s, expire: 9s }`,
    /fleet\.expire: found 9s; allowed: at least twice fleet\.beat/,
  ],
  [
    'answers of DNS that are valid for longer than they may be',
    `${POOL}dns: { min_ttl: 2m }`,
    'c.yaml:2:17: dns.min_ttl: min_ttl (2m) must not be longer than max_ttl (60s)',
  ],
  ['an interval is above zero', `${POOL}metrics: { interval: 0s }`, /found "0s"; allowed: a duration above zero/],
  [
    'a bucket that would take years to fill',
    `${POOL}rate_limit: { default: { capacity: 1000000000, rate_per_second: 1 } }`,
    /^c\.yaml:2:65: rate_limit\.default\.rate_per_second: found 1, too slow .* at least 31\.6$/,
  ],
  [
    'a token without a role',
    `${POOL}admin: { tokens: [{ name: a, hash: "${HASH}" }] }`,
    /admin\.tokens\.0\.role: missing; allowed: viewer, operator, admin$/,
  ],
  [
    'a role that does not exist',
    `${POOL}admin: { tokens: [{ name: a, role: root, hash: "${HASH}" }] }`,
    /admin\.tokens\.0\.role: found "root"; allowed: viewer, operator, admin/,
  ],
  [
    'a name in the audit log that would be mistaken for another',
    `${POOL}admin: { tokens: [{ name: anonymous, role: viewer, hash: "${HASH}" }] }`,
    /admin\.tokens\.0\.name: found "anonymous"; allowed: .* \("anonymous" is taken by Sluice itself\)$/,
  ],
  [
    'every origin',
    `${POOL}admin: { cors_origins: ["*"] }`,
    /cors_origins\.0: found "\*"; allowed: http.* \(every web page could then use the API; name each origin\)$/,
  ],
  ['yes is no truth value', `${POOL}rate_limit: { enabled: yes }`, /found "yes"; allowed: true or false$/],
  ['a list is no mapping', `${POOL}server: [1]`, /found a list; allowed: a mapping with the keys host, port/],
  ['a mapping is no list', `${POOL}routes: { a: 1 }`, /found a mapping; allowed: a list$/],
  [
    'capacity 0',
    `${POOL}rate_limit: { default: { capacity: 0 } }`,
    /capacity: found 0; allowed: a number from 1 to 1000000000$/,
  ],
  [
    'rate -1',
    `${POOL}rate_limit: { default: { rate_per_second: -1 } }`,
    /found -1; allowed: a number above 0, at most 1000000$/,
  ],
  ['rate 0', `${POOL}rate_limit: { default: { rate_per_second: 0 } }`, /found 0; allowed: a number above 0/],
  ['NaN', `${POOL}rate_limit: { default: { capacity: .nan } }`, /found \.nan; allowed: a number from 1/],
  ['1e400', `${POOL}rate_limit: { default: { capacity: 1e400 } }`, /found 1e400; allowed: a number from 1/],
  ['infinity', `${POOL}rate_limit: { default: { capacity: .inf } }`, /found \.inf; allowed: a number from 1/],
  [
    'NaN is no number as text either',
    `${POOL}rate_limit: { default: { capacity: NaN } }`,
    /found "NaN"; allowed: a number/,
  ],
  [
    'half a global limit',
    `${POOL}rate_limit: { global: { capacity: 5 } }`,
    'c.yaml:2:15: rate_limit.global.rate_per_second: missing; give capacity and rate_per_second, or limit and size',
  ],
  ['a limit that is empty', `${POOL}rate_limit: { global: {} }`, /^c\.yaml:2:\d+: rate_limit\.global: /],
  [
    'a limit of both kinds',
    `${POOL}rate_limit: { global: { capacity: 5, size: 1s } }`,
    'c.yaml:2:44: rate_limit.global.size: belongs to a sliding window, capacity to a token bucket; give capacity and rate_per_second, or limit and size',
  ],
  [
    'a limit with a wrong half: said once',
    `${POOL}rate_limit: { global: { limit: 5, size: 0s } }`,
    'c.yaml:2:41: rate_limit.global.size: found "0s"; allowed: a duration above zero, at most 24h, such as 250ms, 5s, 1m or 1h',
  ],
  [
    "half a route's limit",
    `${POOL}routes: [{ pool: default, rate_limit: { client: { limit: 5 } } }]`,
    /routes\.0\.rate_limit\.client\.size: missing; give capacity/,
  ],
  [
    "a route's limit that no request fits in",
    `${POOL}routes: [{ pool: default, cost: 10, rate_limit: { total: { limit: 5, size: 1s } } }]`,
    /rate_limit\.total: no request would ever be let through: it costs 10, and this limit holds 5/,
  ],
  [
    'a cost above the global limit',
    `${POOL}rate_limit: { global: { limit: 5, size: 1s } }\nroutes: [{ pool: default, cost: 6 }]`,
    /routes\.0\.cost: no request would ever be let through: it costs 6, and the global limit holds 5/,
  ],
  [
    'a cost out of range',
    `${POOL}routes: [{ pool: default, cost: 101 }]`,
    /routes\.0\.cost: found 101; allowed: an integer from 1 to 100/,
  ],
  [
    'a denied address that is none',
    `${POOL}rate_limit: { denylist: [300.1.1.1] }`,
    /denylist\.0: found "300\.1\.1\.1"; allowed: an IP address or CIDR block/,
  ],
  [
    'an algorithm of another name',
    `${POOL}rate_limit: { algorithm: sliding_window }`,
    /rate_limit\.algorithm: found "sliding_window"; .* did you mean "sliding-window"\?/,
  ],
  [
    'an IP with a zone',
    `${POOL}server: { trust_proxy: ["fe80::1%eth0"] }`,
    /trust_proxy\.0: found "fe80::1%eth0".*with a zone is not allowed/,
  ],
  [
    'an IP with leading zeros',
    `${POOL}rate_limit: { allowlist: [010.0.0.1] }`,
    /allowlist\.0: found "010\.0\.0\.1".*leading zeros are not allowed/,
  ],
  [
    'a CIDR prefix too long',
    `${POOL}server: { trust_proxy: [10.0.0.0/33] }`,
    /trust_proxy\.0: found "10\.0\.0\.0\/33"/,
  ],
  [
    'a backend that is no URL',
    'pools: { a: { backends: [{ url: localhost:8081 }] } }',
    /c\.yaml:1:33: pools\.a\.backends\.0\.url: found "localhost:8081".*not a full URL/,
  ],
  ['a backend of another scheme', 'pools: { a: { backends: [{ url: ftp://h }] } }', /not http, https or h2c/],
  ['a backend with a query', 'pools: { a: { backends: [{ url: "http://h/?a" }] } }', /it has a query/],
  [
    'a backend without URL',
    'pools: { a: { backends: [{ weight: 2 }] } }',
    /^c\.yaml:1:26: pools\.a\.backends\.0\.url: missing/,
  ],
  [
    'weight 0',
    'pools: { a: { backends: [{ url: http://h, weight: 0 }] } }',
    /found 0; allowed: an integer from 1 to 1000/,
  ],
  ['a pool without backends', 'pools: { a: {} }', /^c\.yaml:1:10: pools\.a\.backends: missing/],
  [
    'a pool with an empty list of backends',
    'pools: { a: { backends: [] } }',
    /backends: the list is empty; a pool without discover needs at least one$/,
  ],
  ['a pool with nothing in it', 'pools:\n  a:\n', /^c\.yaml:2:\d+: pools\.a: found nothing/],
  ['no pools', 'server: {}', /^c\.yaml:1:1: pools: missing/],
  ['empty pools', 'pools: {}', 'c.yaml:1:8: pools: the mapping is empty; at least one is needed'],
  [
    'a pool name with a capital',
    'pools: { Web: { backends: [{ url: http://b }] } }',
    /^c\.yaml:1:10: pools\.Web: "Web" is not a valid pool name/,
  ],
  [
    'a status range of one',
    `${POOL}health_check: { expected_status: [200] }`,
    /found a list; allowed: a list of 2 values/,
  ],
  ['too many retries', `${POOL}retries: { attempts: 11 }`, /found 11; allowed: an integer from 0 to 10/],
  ['a method with a space', `${POOL}retries: { methods: [G T] }`, /methods\.0: found "G T"; allowed: an HTTP method /],
  ['too many threads', `${POOL}server: { threads: 65 }`, /found 65; allowed: auto or an integer from 1 to 64$/],
];

/** The same for mistakes across several keys. */
const REFERENCES: typeof SHAPE = [
  [
    'a route to no pool',
    `${POOL}routes: [{ pool: defualt }]`,
    'c.yaml:2:18: routes.0.pool: there is no pool "defualt"; pools: default; did you mean "default"?',
  ],
  [
    'a route that does nothing',
    `${POOL}routes: [{ path: /a }]`,
    'c.yaml:2:10: routes.0: says what to match and not what to do; add one of: pool, split, redirect, respond',
  ],
  [
    'a route with a pool and a split',
    `${POOL}routes: [{ pool: default, split: [{ pool: default, weight: 1 }] }]`,
    /routes\.0\.pool: excludes split: keep one of them/,
  ],
  [
    'a split with a pool that does not exist',
    `${POOL}routes: [{ split: [{ pool: default, weight: 1 }, { pool: defualt, weight: 1 }] }]`,
    'c.yaml:2:58: routes.0.split.1.pool: there is no pool "defualt"; pools: default; did you mean "default"?',
  ],
  [
    'a split without a weight above 0',
    `${POOL}routes: [{ split: [{ pool: default, header: { x-a: b } }] }]`,
    /routes\.0\.split: every weight is 0; one pool needs more, for requests that no header or cookie decides$/,
  ],
  [
    'a split by a field that cannot be one',
    `${POOL}routes: [{ split: [{ pool: default, weight: 1, cookie: { 'a b': c } }] }]`,
    /routes\.0\.split\.0\.cookie\.a b: is not a cookie's name$/,
  ],
  ['no request in flight', `${POOL}rate_limit: { max_in_flight_per_client: 0 }`, /found 0; allowed: an integer from 1/],
  [
    'a quota without a period',
    `${POOL}rate_limit: { quota: { requests: 5 } }`,
    /rate_limit\.quota\.per: missing; allowed: day, month$/,
  ],
  [
    'a quota of a time zone that does not exist',
    `${POOL}routes: [{ pool: default, quota: { requests: 5, per: day, timezone: Mars/Olympus } }]`,
    /routes\.0\.quota\.timezone: found "Mars\/Olympus"; allowed: a time zone of the IANA database/,
  ],
  [
    'a limit by a placeholder that does not exist',
    `${POOL}routes: [{ pool: default, rate_limit: { client: { limit: 5, size: 1s, key: '{user}' } } }]`,
    /routes\.0\.rate_limit\.client\.key: found .*there is no placeholder \{user\}/,
  ],
  [
    'a limit that is a key alone',
    `${POOL}routes: [{ pool: default, rate_limit: { client: { key: '{path}' } } }]`,
    /routes\.0\.rate_limit\.client: missing; give capacity/,
  ],
  [
    'a mirror that does not exist',
    `${POOL}routes: [{ pool: default, mirror: { pool: defualt } }]`,
    /routes\.0\.mirror\.pool: there is no pool "defualt"; pools: default; did you mean "default"\?$/,
  ],
  [
    'a priority above the highest',
    `${POOL}routes: [{ pool: default, priority: 10 }]`,
    /routes\.0\.priority: found 10; allowed: /,
  ],
  [
    'a priority without a number',
    `${POOL}routes: [{ pool: default, priority: urgent }]`,
    /routes\.0\.priority: found "urgent"; allowed: /,
  ],
  ['an empty split', `${POOL}routes: [{ split: [] }]`, /routes\.0\.split: the list is empty; at least one is needed$/],
  [
    'a split without pools',
    `${POOL}routes: [{ pool: default, split_by: request }]`,
    /routes\.0\.split_by: needs split, which it is about$/,
  ],
  [
    'two ways to match a path',
    `${POOL}routes: [{ pool: default, path: /a, path_regex: ^/b }]`,
    /routes\.0\.path: excludes path_regex: keep one of them/,
  ],
  [
    'a prefix that is stripped and not given',
    `${POOL}routes: [{ pool: default, path: /a, strip_prefix: true }]`,
    /routes\.0\.strip_prefix: needs path_prefix, which it removes$/,
  ],
  [
    'an answer with two bodies',
    `${POOL}routes: [{ respond: { body: a, file: package.json } }]`,
    /routes\.0\.respond\.body: excludes file: keep one of them$/,
  ],
  [
    'an answer from a file that is not there',
    `${POOL}routes: [{ respond: { file: nowhere/down.html } }]`,
    /routes\.0\.respond\.file: "nowhere\/down\.html" cannot be read: /,
  ],
  [
    'an answer from a folder',
    `${POOL}routes: [{ respond: { file: src } }]`,
    /routes\.0\.respond\.file: "src" cannot be read: it is a folder$/,
  ],
  [
    'a body of an answer without one',
    `${POOL}routes: [{ respond: { status: 204, body: a } }]`,
    /routes\.0\.respond\.body: an answer with status 204 has no body$/,
  ],
  [
    'an interim answer',
    `${POOL}routes: [{ respond: { status: 101 } }]`,
    /routes\.0\.respond\.status: found 101; allowed: an integer from 200 to 599$/,
  ],
  [
    'a type of no body',
    `${POOL}routes: [{ respond: { content_type: text/html } }]`,
    /routes\.0\.respond\.content_type: needs body or file, which it is the type of$/,
  ],
  [
    'a field that frames the answer',
    `${POOL}routes: [{ respond: { headers: { Content-Length: "1" } } }]`,
    /routes\.0\.respond\.headers\.Content-Length: belongs to the connection or the message/,
  ],
  [
    'a field that is a key of its own',
    `${POOL}routes: [{ respond: { headers: { content-type: text/html } } }]`,
    /routes\.0\.respond\.headers\.content-type: is set by content_type$/,
  ],
  [
    'a rewrite of what is not forwarded',
    `${POOL}routes: [{ respond: { body: a }, rewrite: { path: /b } }]`,
    /routes\.0\.rewrite: has no effect: with respond, nothing is forwarded$/,
  ],
  [
    "a cost of an answer that is not a backend's",
    `${POOL}routes: [{ respond: { body: a }, cost_from: { header: x-cost } }]`,
    /routes\.0\.cost_from: has no effect: with respond, nothing is forwarded$/,
  ],
  [
    'a cost that is in two places',
    `${POOL}routes: [{ pool: default, cost_from: { header: x-cost, json: n } }]`,
    /routes\.0\.cost_from\.json: excludes header: keep one of them/,
  ],
  [
    'a cost that is nowhere',
    `${POOL}routes: [{ pool: default, cost_from: { estimate: 5 } }]`,
    /routes\.0\.cost_from: does not say where the cost is; add header or json$/,
  ],
  [
    'a hidden cost in a body',
    `${POOL}routes: [{ pool: default, cost_from: { json: n, hide: true } }]`,
    /routes\.0\.cost_from\.hide: needs header, which it hides$/,
  ],
  [
    'a cost in a field of the connection',
    `${POOL}routes: [{ pool: default, cost_from: { header: connection } }]`,
    /routes\.0\.cost_from\.header: belongs to the connection/,
  ],
  [
    'an estimate that no answer may cost',
    `${POOL}routes: [{ pool: default, cost_from: { json: n, estimate: 50, max: 20 } }]`,
    /routes\.0\.cost_from\.max: is less than the estimate, 50/,
  ],
  [
    'a cost that an answer must not have',
    `${POOL}routes: [{ pool: default, cost: 30, cost_from: { json: n, max: 20 } }]`,
    /routes\.0\.cost_from\.max: is less than the estimate, 30/,
  ],
  [
    'a cost with a path that has no end',
    `${POOL}routes: [{ pool: default, cost_from: { json: usage. } }]`,
    /routes\.0\.cost_from\.json: found "usage\."; allowed: paths .* \(a part of a path is missing\)$/,
  ],
  [
    'an estimate that a limit never holds',
    `${POOL}routes: [{ pool: default, cost_from: { json: n, estimate: 50 }, rate_limit: { client: { limit: 20, size: 1s } } }]`,
    /routes\.0\.rate_limit\.client: no request would ever be let through: it costs 50, and this limit holds 20$/,
  ],
  [
    'every page with credentials',
    `${POOL}routes: [{ pool: default, cors: { origins: [https://a.test, "*"], credentials: true } }]`,
    /routes\.0\.cors\.origins\.1: with credentials, every page could act for its visitors; name the origins$/,
  ],
  [
    'every page in a sandbox with credentials',
    `${POOL}routes: [{ pool: default, cors: { origins: ["null"], credentials: true } }]`,
    /routes\.0\.cors\.origins\.0: with credentials, /,
  ],
  [
    'CORS for nobody',
    `${POOL}routes: [{ pool: default, cors: { origins: [] } }]`,
    /routes\.0\.cors\.origins: the list is empty; at least one is needed$/,
  ],
  [
    'an origin with a path',
    `${POOL}routes: [{ pool: default, cors: { origins: ["https://a.test/"] } }]`,
    /routes\.0\.cors\.origins\.0: found "https:\/\/a\.test\/"; allowed: an origin such as /,
  ],
  [
    'a page for no error',
    `${POOL}routes: [{ pool: default, error_pages: { pages: { "200": package.json } } }]`,
    /routes\.0\.error_pages\.pages\.200: is neither a status from 400 to 599 nor 4xx or 5xx$/,
  ],
  [
    'a page that is not there',
    `${POOL}routes: [{ pool: default, error_pages: { pages: { 5xx: nowhere.html } } }]`,
    /routes\.0\.error_pages\.pages\.5xx: "nowhere\.html" cannot be read: /,
  ],
  [
    'no pages for errors',
    `${POOL}routes: [{ pool: default, error_pages: { pages: {} } }]`,
    /routes\.0\.error_pages\.pages: the mapping is empty; at least one is needed$/,
  ],
  [
    'a route with two actions',
    `${POOL}routes: [{ pool: default, redirect: { host: b.test } }]`,
    /routes\.0\.pool: excludes redirect: keep one of them$/,
  ],
  [
    'a redirect to the same place',
    `${POOL}routes: [{ redirect: { status: 301 } }]`,
    /routes\.0\.redirect: leads nowhere else; give at least one of: scheme, host, port, path, path_prefix$/,
  ],
  [
    'a redirect with another status',
    `${POOL}routes: [{ redirect: { host: b.test, status: 300 } }]`,
    /routes\.0\.redirect\.status: found 300; allowed: 301, 302, 303, 307, 308/,
  ],
  [
    'a redirect to two paths',
    `${POOL}routes: [{ path_prefix: /a, redirect: { path: /b, path_prefix: /c } }]`,
    /routes\.0\.redirect\.path: excludes path_prefix: keep one of them$/,
  ],
  [
    'a redirect to another prefix of none',
    `${POOL}routes: [{ path: /a, redirect: { path_prefix: /c } }]`,
    /routes\.0\.redirect\.path_prefix: needs path_prefix of the route, which it replaces; use redirect\.path here$/,
  ],
  [
    'an open redirect by the Host field',
    `${POOL}routes: [{ redirect: { scheme: https } }]`,
    /routes\.0\.redirect\.scheme: would lead to whatever host a client names: give the route a host, or redirect\.host a fixed one; any_host: true allows it$/,
  ],
  [
    'an open redirect by a placeholder of the Host field',
    `${POOL}routes: [{ redirect: { host: "www.{host}" } }]`,
    /routes\.0\.redirect\.host: would lead to whatever host a client names/,
  ],
  [
    'an open redirect by a group',
    `${POOL}routes: [{ path_regex: "^/(.*)", redirect: { host: "{group.1}" } }]`,
    /routes\.0\.redirect\.host: would lead .*: end it with a fixed domain, such as \.example\.com/,
  ],
  [
    'an open redirect to a domain with the same end',
    `${POOL}routes: [{ path_regex: "^/(.*)", redirect: { host: "{group.1}example.com" } }]`,
    /routes\.0\.redirect\.host: would lead .*: end it with a fixed domain/,
  ],
  [
    'an endless redirect',
    `${POOL}routes: [{ path_prefix: /a, redirect: { path: /a/b } }, { pool: default }]`,
    /routes\.0\.redirect\.path: leads back to this route: an endless redirect$/,
  ],
  [
    'a redirect that gets longer and longer',
    `${POOL}routes: [{ path_prefix: /a, redirect: { path_prefix: /a/b } }, { pool: default }]`,
    /routes\.0\.redirect\.path_prefix: leads back to this route: an endless redirect$/,
  ],
  [
    'an endless redirect of everything',
    `${POOL}routes: [{ redirect: { path: "/new{path}" } }]`,
    /routes\.0\.redirect\.path: leads back to this route: an endless redirect$/,
  ],
  [
    'an endless redirect to the own host',
    `${POOL}routes: [{ host: a.test, redirect: { host: A.test } }, { pool: default }]`,
    /routes\.0\.redirect: leads back to this route: an endless redirect$/,
  ],
  [
    'a rewrite in two ways',
    `${POOL}routes: [{ pool: default, rewrite: { prefix: /a, path: /b } }]`,
    /routes\.0\.rewrite\.path: excludes prefix: keep one of them$/,
  ],
  ['a rewrite that says nothing', `${POOL}routes: [{ pool: default, rewrite: {} }]`, /routes\.0\.rewrite: /],
  [
    'a rewrite to nothing',
    `${POOL}routes: [{ pool: default, rewrite: { regex: ^/a } }]`,
    /routes\.0\.rewrite\.to: missing; regex needs it$/,
  ],
  [
    'a rewrite of nothing',
    `${POOL}routes: [{ pool: default, rewrite: { to: /a } }]`,
    /routes\.0\.rewrite\.to: needs regex, whose match it replaces$/,
  ],
  [
    'a new prefix where there is no old one',
    `${POOL}routes: [{ pool: default, path: /a, rewrite: { prefix: /b } }]`,
    /routes\.0\.rewrite\.prefix: needs path_prefix, which it replaces; use rewrite\.path or rewrite\.regex here$/,
  ],
  [
    'a prefix that is removed and replaced',
    `${POOL}routes: [{ pool: default, path_prefix: /a, strip_prefix: true, rewrite: { prefix: /b } }]`,
    /routes\.0\.rewrite\.prefix: excludes strip_prefix: /,
  ],
  [
    'a prefix that is removed from a path that is replaced',
    `${POOL}routes: [{ pool: default, path_prefix: /a, strip_prefix: true, rewrite: { path: /b } }]`,
    /routes\.0\.strip_prefix: excludes rewrite: keep one of them$/,
  ],
  [
    'a new prefix that climbs',
    `${POOL}routes: [{ pool: default, path_prefix: /a, rewrite: { prefix: /b/../c } }]`,
    /routes\.0\.rewrite\.prefix: must not contain `\/\/`, `\.` and `\.\.` as segments, or half an escape$/,
  ],
  [
    'a path that is another server',
    `${POOL}routes: [{ pool: default, rewrite: { path: //evil.example/ } }]`,
    /routes\.0\.rewrite\.path: found "\/\/evil\.example\/"; allowed: a path that begins with a slash/,
  ],
  [
    'a query in a rewritten path',
    `${POOL}routes: [{ pool: default, rewrite: { path: "/a{query}" } }]`,
    /rewrite\.path: found .* \(the query is kept by itself\)$/,
  ],
  [
    'a group that the expression does not have',
    `${POOL}routes: [{ pool: default, rewrite: { regex: ^/(a), to: "/{group.2}" } }]`,
    /routes\.0\.rewrite\.to: there is no \{group\.2\}: regex has the groups 0 to 1, 0 being all of it$/,
  ],
  [
    'a group of no expression',
    `${POOL}routes: [{ pool: default, rewrite: { path: "/{group.1}" } }]`,
    /routes\.0\.rewrite\.path: \{group\.1\} needs path_regex, whose group it is$/,
  ],
  [
    'an expression that backtracks',
    `${POOL}routes: [{ pool: default, path_regex: '(a)\\1' }]`,
    /routes\.0\.path_regex: found ".*"; allowed: a regular expression in RE2's syntax, at most 1000 characters \(/,
  ],
  [
    'an entry larger than the cache',
    `${POOL}routes: [{ pool: default, cache: { max_bytes: 1048576, max_entry_bytes: 1048577 } }]`,
    /routes\.0\.cache\.max_entry_bytes: found 1048577; allowed: at most max_bytes, 1048576$/,
  ],
  [
    'the whole query and a part of it',
    `${POOL}routes: [{ pool: default, cache: { key: { query: ['*', page] } } }]`,
    /routes\.0\.cache\.key\.query: "\*" is the whole query: name no other parameter$/,
  ],
  [
    'a cache key that is no header',
    `${POOL}routes: [{ pool: default, cache: { key: { headers: ['a b'] } } }]`,
    /routes\.0\.cache\.key\.headers\.0: found "a b"; allowed: a header's name$/,
  ],
  [
    'a coding that browsers do not know',
    `${POOL}routes: [{ pool: default, compression: { encodings: [deflate] } }]`,
    /routes\.0\.compression\.encodings\.0: found "deflate"; allowed: zstd, br, gzip/,
  ],
  [
    'compression without any coding',
    `${POOL}routes: [{ pool: default, compression: { encodings: [] } }]`,
    /routes\.0\.compression\.encodings: .*at least one/,
  ],
  [
    'a level at which a client would wait for minutes',
    `${POOL}routes: [{ pool: default, compression: { level: { br: 11 } } }]`,
    /routes\.0\.compression\.level\.br: found 11; allowed: an integer from 0 to 9$/,
  ],
  [
    'a media type with parameters',
    `${POOL}routes: [{ pool: default, compression: { types: ['text/html; charset=utf-8'] } }]`,
    /routes\.0\.compression\.types\.0: found .*; allowed: a media type such as text\/html/,
  ],
  [
    'two routes with the same conditions',
    `${POOL}routes: [{ pool: default, match: { headers: { A: b } } }, { pool: default, name: x, match: { headers: { a: b } } }]`,
    /routes\.1: matches exactly what routes\.0 matches, so it would never be used$/,
  ],
  [
    'a condition on no header',
    `${POOL}routes: [{ pool: default, match: { headers: { 'a b': c } } }]`,
    /routes\.0\.match\.headers\.a b: is not a header's name$/,
  ],
  [
    'authentication that demands nothing',
    `${POOL}routes: [{ pool: default, auth: { forward_key: false } }]`,
    /routes\.0\.auth: demands nothing; add one of: api_key, jwt, basic, forward; or anyone: true$/,
  ],
  [
    'tokens without keys',
    jwt('audience: [api]'),
    /routes\.0\.auth\.jwt: says nothing about keys; add issuer, to find them through it, or one of: jwks_url, jwks_file, secret$/,
  ],
  [
    'an issuer that cannot be asked for its keys',
    jwt('issuer: accounts.example.com'),
    /routes\.0\.auth\.jwt\.issuer: keys are found through it only if it is an http:.*; otherwise add jwks_url$/,
  ],
  [
    'keys from two places',
    jwt(`jwks_url: https://id.test/keys, secret: ${'x'.repeat(32)}`),
    /routes\.0\.auth\.jwt\.jwks_url: excludes secret: keep one of them/,
  ],
  [
    'a public key that would be used as a secret',
    jwt('jwks_url: https://id.test/keys, algorithms: [RS256, HS256]'),
    /algorithms\.1: HS256 needs secret, and excludes public keys$/,
  ],
  [
    'a secret that would be used as a public key',
    jwt(`secret: ${'x'.repeat(32)}, algorithms: [RS256]`),
    /algorithms\.0: RS256 needs public keys, and excludes secret$/,
  ],
  ['tokens without signatures', jwt('issuer: https://id.test, algorithms: [none]'), /found "none"; allowed: RS256, /],
  [
    'a secret that can be guessed',
    jwt('secret: hunter2'),
    /jwt\.secret: found a value that is not shown here; allowed: 32 to 1000 printable ASCII/,
  ],
  [
    'a claim in a field that frames the message',
    jwt('issuer: https://id.test, forward_claims: { Content-Length: sub }'),
    /forward_claims\.Content-Length: belongs to the connection or the message/,
  ],
  [
    'a token in the query as an alternative',
    `${POOL}routes: [{ pool: default, auth: { api_key: required, jwt: { issuer: https://id.test, from: query } } }]`,
    /jwt\.from: a token in the query cannot be an alternative to other credentials$/,
  ],
  [
    'a token in the query that is kept from backends',
    jwt('issuer: https://id.test, from: query, forward_token: false'),
    /jwt\.forward_token: a token in the query is part of the URL that backends get$/,
  ],
  [
    'a route for anyone that demands an API key',
    `${POOL}routes: [{ pool: default, auth: { anyone: true, api_key: required } }]`,
    /routes\.0\.auth\.anyone: excludes api_key$/,
  ],
  [
    'a service that would decide besides others',
    `${POOL}routes: [{ pool: default, auth: { api_key: required, forward: { url: http://127.0.0.1:9091 } } }]`,
    /routes\.0\.auth\.forward: excludes api_key: keep one of them$/,
  ],
  [
    'a field for a service that clients could forge',
    `${POOL}routes: [{ pool: default, auth: { forward: { url: http://a, headers_to_auth: [x-real-ip] } } }]`,
    /headers_to_auth\.0: is set or dropped by Sluice itself: it cannot be used here$/,
  ],
  [
    'a field of a service that frames the message',
    `${POOL}routes: [{ pool: default, auth: { forward: { url: http://a, headers_to_backend: [Content-Length] } } }]`,
    /headers_to_backend\.0: belongs to the connection or the message/,
  ],
  [
    'two passwords for one user',
    `${POOL}routes: [{ pool: default, auth: { basic: { users: [{ name: a, hash: '${PASSWORD}' }, { name: a, hash: '${PASSWORD}' }] } } }]`,
    /routes\.0\.auth\.basic\.users\.1\.name: the same as of users\.0$/,
  ],
  [
    'a password instead of its hash',
    `${POOL}routes: [{ pool: default, auth: { basic: { users: [{ name: a, hash: hunter2 }] } } }]`,
    /users\.0\.hash: found a value that is not shown here; allowed: the hash of a password, as sluice password prints it/,
  ],
  [
    'a field that frames the message',
    `${POOL}routes: [{ pool: default, response_headers: { set: { Content-Length: '1' } } }]`,
    /routes\.0\.response_headers\.set\.Content-Length: belongs to the connection or the message/,
  ],
  [
    'a Host for backends',
    `${POOL}routes: [{ pool: default, request_headers: { remove: [host] } }]`,
    /routes\.0\.request_headers\.remove\.0: is sent by Sluice itself; see preserve_host of the pool$/,
  ],
  [
    'a plugin that does not exist',
    `${POOL}plugins: { tenant: { file: t.ts } }\nroutes: [{ pool: default, plugins: [tennant] }]`,
    'c.yaml:3:37: routes.0.plugins.0: there is no plugin "tennant"; plugins: tenant; did you mean "tenant"?',
  ],
  [
    'a plugin with a name that metrics cannot have',
    `${POOL}plugins: { Tenant: { file: t.ts } }`,
    /plugins\.Tenant: is not a valid name for a plugin; allowed: 1 to 40 lower-case letters/,
  ],
  [
    'a placeholder that does not exist',
    `${POOL}routes: [{ pool: default, response_headers: { set: { x-a: '{user}' } } }]`,
    /routes\.0\.response_headers\.set\.x-a: found .*there is no placeholder \{user\}; allowed: \{request_id\}, /,
  ],
  [
    'the same id twice',
    'pools: { a: { backends: [{ url: http://b, id: x }] }, default: { backends: [{ url: http://c, id: x }] } }',
    /pools\.default\.backends\.0\.id: "x" is also the id of another backend: pools\.a\.backends\.0\.id$/,
  ],
  [
    'the same URL twice in a pool',
    'pools: { a: { backends: [{ url: http://b:80 }, { url: "HTTP://B/" }] } }',
    /^c\.yaml:1:55: pools\.a\.backends\.1\.url: the same backend twice/,
  ],
  [
    'hashing a header without its name',
    'pools: { a: { hash: { by: header }, backends: [{ url: http://b }] } }',
    "c.yaml:1:27: pools.a.hash.name: missing; hashing by header needs the header's name",
  ],
  [
    'a probe longer than the interval',
    `${POOL}health_check: { timeout: 5s }`,
    'c.yaml:2:26: health_check.timeout: timeout (5s) must be shorter than interval (5s)',
  ],
  [
    'an interval of nothing, and nothing about the default of the timeout',
    `${POOL}health_check: { interval: 0s }`,
    /^c\.yaml:2:27: health_check\.interval: found "0s"; [^\n]*$/,
  ],
  [
    'an interval shorter than the probe',
    `${POOL}health_check: { interval: 1s, timeout: 2s }`,
    'c.yaml:2:40: health_check.timeout: timeout (2s) must be shorter than interval (1s)',
  ],
  [
    'a probe longer than the fast interval',
    `${POOL}health_check: { timeout: 3s }`,
    /timeout \(3s\) must not be longer than fast_interval \(2s\)$/,
  ],
  [
    'a first open time above the longest',
    `${POOL}circuit_breaker: { open: 1h }`,
    /open \(1h\) must not be longer than max_open \(5m\)$/,
  ],
  [
    'a status range upside down',
    `${POOL}health_check: { expected_status: [399, 200] }`,
    /the first status \(399\) is above the last \(200\)$/,
  ],
  [
    'a sticky cookie for other sites that may go over plain HTTP',
    'pools: { a: { sticky: { same_site: none }, backends: [{ url: http://b }] } }',
    /sticky\.secure: "auto"; same_site: none needs always/,
  ],
  [
    'a partitioned sticky cookie that may go over plain HTTP',
    'pools: { a: { sticky: { partitioned: true, secure: never }, backends: [{ url: http://b }] } }',
    /sticky\.secure: "never"; partitioned: true needs always/,
  ],
  [
    'a sticky cookie named __Host- with a domain',
    'pools: { a: { sticky: { cookie: __Host-lb, secure: always, domain: example.com }, backends: [{ url: http://b }] } }',
    /sticky\.domain: not with cookie: __Host-lb/,
  ],
  [
    'a sticky cookie named __Host- with a path',
    'pools: { a: { sticky: { cookie: __Host-lb, secure: always, path: /app }, backends: [{ url: http://b }] } }',
    /sticky\.path: not with cookie: __Host-lb/,
  ],
  [
    'a sticky cookie named __Secure- that may go over plain HTTP',
    'pools: { a: { sticky: { cookie: __Secure-lb }, backends: [{ url: http://b }] } }',
    /sticky\.secure: "auto"; cookie: __Secure-lb needs always/,
  ],
  [
    'a sticky cookie for a path with a semicolon',
    'pools: { a: { sticky: { path: "/a;b" }, backends: [{ url: http://b }] } }',
    /sticky\.path: .*without spaces and semicolons/,
  ],
  [
    'a sticky cookie for the domain of an address',
    'pools: { a: { sticky: { domain: 192.0.2.1 }, backends: [{ url: http://b }] } }',
    /sticky\.domain: .*a domain name/,
  ],
  [
    'an open admin port without token',
    `${POOL}admin: { host: 0.0.0.0 }`,
    /^c\.yaml:2:16: admin\.token: missing; admin\.host 0\.0\.0\.0 can be reached/,
  ],
  [
    'an open admin port with a token that can be guessed',
    `${POOL}admin: { host: 0.0.0.0, token: nineteen-characters }`,
    /^c\.yaml:2:32: admin\.token: 19 characters; admin\.host 0\.0\.0\.0 can be .* at least 20 are needed/,
  ],
  [
    'two tokens of one name',
    `${POOL}admin: { tokens: [{ name: a, role: viewer, hash: "${HASH}" }, { name: a, role: admin, hash: "${OTHER_HASH}" }] }`,
    /tokens\.1\.name: the same as of admin\.tokens\.0$/,
  ],
  [
    'two tokens of one hash',
    `${POOL}admin: { tokens: [{ name: a, role: viewer, hash: "${HASH}" }, { name: b, role: admin, hash: "${HASH}" }] }`,
    /tokens\.1\.hash: the same as of admin\.tokens\.0$/,
  ],
  [
    'a PROXY protocol that nobody may speak',
    `${POOL}server: { proxy_protocol: v2 }`,
    /^c\.yaml:2:27: server\.proxy_protocol: nobody may send it; name the proxies/,
  ],
  ['an admin name that may be anything', `${POOL}admin: { host: gw.internal }`, /admin\.token: missing/],
  [
    'one port for both',
    `${POOL}server: { port: 9000 }`,
    /^c\.yaml:2:17: admin\.port: 9000 on 127\.0\.0\.1 is taken by the public port/,
  ],
  [
    'a pool of nothing but backups',
    'pools: { a: { backends: [{ url: http://b, backup: true }, { url: http://c, backup: true }] } }',
    /^c\.yaml:1:25: pools\.a\.backends: every backend is a backup; at least one must not be$/,
  ],
  [
    'a fallback that does not exist',
    'pools: { web: { backends: [{ url: http://b }], fallback: { pool: wbe } } }',
    'c.yaml:1:66: pools.web.fallback.pool: there is no pool "wbe"; pools: web; did you mean "web"?',
  ],
  [
    'fallbacks in a circle',
    `pools:
  a: { backends: [{ url: http://a }], fallback: { pool: b } }
  b: { backends: [{ url: http://b }], fallback: { pool: c } }
  c: { backends: [{ url: http://c }], fallback: { pool: b } }
routes: [{ pool: a }]`,
    'c.yaml:3:57: pools.b.fallback.pool: leads back to b: fallbacks must have an end',
  ],
  [
    'a pool that falls back to itself',
    'pools: { a: { backends: [{ url: http://a }], fallback: { pool: a } } }',
    'c.yaml:1:64: pools.a.fallback.pool: leads back to a: fallbacks must have an end',
  ],
  [
    'a fallback of another protocol',
    'pools: { a: { backends: [{ url: http://a }], fallback: { pool: b } }, b: { backends: [{ url: h2c://b }] } }\nroutes: [{ pool: a }]',
    'c.yaml:1:64: pools.a.fallback.pool: pool b uses HTTP/2 and a does not: give both the same protocol',
  ],
  [
    'HTTP/2 over TLS to a backend without it',
    'pools: { a: { protocol: h2, backends: [{ url: https://b }, { url: http://c }] } }',
    /^c\.yaml:1:67: pools\.a\.backends\.1\.url: protocol: h2 needs https:\/\/ URLs$/,
  ],
  [
    'HTTP/2 without TLS to a backend with it',
    'pools: { a: { protocol: h2c, backends: [{ url: https://b }] } }',
    /pools\.a\.backends\.0\.url: protocol: h2c needs h2c:\/\/ or http:\/\/ URLs$/,
  ],
  [
    'an h2c:// URL in a pool with another protocol',
    'pools: { a: { protocol: http1, backends: [{ url: h2c://b }] } }',
    /pools\.a\.backends\.0\.url: h2c:\/\/ URLs need protocol: h2c, and this pool has protocol: http1$/,
  ],
  [
    'an h2c:// URL among others',
    'pools: { a: { backends: [{ url: http://b }, { url: h2c://c }] } }',
    /^c\.yaml:1:33: pools\.a\.backends\.0\.url: a pool has one protocol, and pools\.a\.backends\.1\.url is h2c:\/\/$/,
  ],
  [
    'an h2:// URL',
    'pools: { a: { backends: [{ url: h2://b }] } }',
    /pools\.a\.backends\.0\.url: .*for HTTP\/2 over TLS, write https:\/\/ and set protocol: h2/,
  ],
  [
    'one backend as h2c:// and as http://',
    'pools: { a: { protocol: h2c, backends: [{ url: h2c://b }, { url: http://B:80 }] } }',
    /pools\.a\.backends\.1\.url: the same backend twice in one pool/,
  ],
  [
    'an h2c:// URL of the gateway itself',
    'pools: { a: { backends: [{ url: h2c://localhost:8080 }] } }',
    /pools\.a\.backends\.0\.url: .*leads to the public port of this gateway/,
  ],
  [
    'a grpc check over HTTP/1.1',
    'pools: { a: { health_check: { type: grpc }, backends: [{ url: http://b }] } }',
    /pools\.a\.health_check\.type: a grpc check needs protocol: h2 or h2c$/,
  ],
  [
    'a service for a check that is not of grpc',
    'pools: { a: { health_check: { service: x }, backends: [{ url: http://b }] } }',
    /pools\.a\.health_check\.service: only a check of type: grpc has a service$/,
  ],
  [
    'a path for a grpc check',
    'pools: { a: { protocol: h2c, health_check: { type: grpc, path: /x }, backends: [{ url: http://b }] } }',
    /pools\.a\.health_check\.path: a grpc check makes a call of its own; leave path out, or set type: http$/,
  ],
  [
    'two pools with one sticky cookie',
    'pools: { a: { sticky: &on { enabled: true }, backends: [{ url: http://b }] }, b: { sticky: *on, backends: [{ url: http://c }] } }\nroutes: [{ pool: a }]',
    /pools\.b\.sticky\.cookie: "sluice_sticky" is also the cookie of another pool: pools\.a\.sticky\.cookie$/,
  ],
  [
    'two sticky keys of one id',
    `pools: { a: { sticky: { keys: [{ id: k, secret: ${'s'.repeat(32)} }, { id: k, secret: ${'t'.repeat(32)} }] }, backends: [{ url: http://b }] } }`,
    /pools\.a\.sticky\.keys\.1\.id: "k" is also the id of another key: pools\.a\.sticky\.keys\.0\.id$/,
  ],
  [
    'a session that idles longer than it lasts',
    'pools: { a: { sticky: { idle: 9h }, backends: [{ url: http://b }] } }',
    /pools\.a\.sticky\.idle: idle \(9h\) must not be longer than max_age \(8h\)$/,
  ],
  [
    'several pools and no route',
    'pools: { a: { backends: [{ url: http://b }] }, b: { backends: [{ url: http://c }] } }',
    'c.yaml:1:1: routes: missing; there are several pools (a, b), so say which requests go where',
  ],
  [
    'two routes that match the same',
    `${POOL}routes: [{ pool: default, methods: [GET, PUT], host: A.b }, { pool: default, path_prefix: "/", methods: [PUT, GET], host: a.b, name: x }]`,
    /^c\.yaml:2:61: routes\.1: matches exactly what routes\.0 matches/,
  ],
  [
    'two routes of one name',
    `${POOL}routes: [{ pool: default, name: x }, { pool: default, path_prefix: /a, name: x }]`,
    /routes\.1\.name: "x" is the name of routes\.0 too$/,
  ],
  [
    'a name another route has by itself',
    `${POOL}routes: [{ pool: default, path_prefix: /a }, { pool: default, path_prefix: /b, name: /a }]`,
    /routes\.1\.name: "\/a" is the name of routes\.0 too$/,
  ],
];

/** The same for text that cannot even be parsed. */
const SYNTAX: typeof SHAPE = [
  [
    'the same key twice',
    `${POOL}server: { port: 1 }\nserver: {}`,
    'c.yaml:3:1: server: given twice; the first is in line 2',
  ],
  ['a bracket that is not closed', `${POOL}server: {\n`, /^c\.yaml:\d:\d+: not valid YAML/],
  [
    'a variable without quotes in brackets',
    `${POOL}server: { port: \${PORT} }`,
    /^c\.yaml:2:\d+: not valid YAML: .*a variable needs quotes: "\$\{NAME\}"$/,
  ],
  ['two documents', `${POOL}---\n${POOL}`, /not valid YAML/],
  ['an alias without anchor', `${POOL}server: *nope`, 'c.yaml:2:9: server: this alias matches no anchor above it'],
  ['an alias that holds itself', `${POOL}log: &x { access: *x }`, /nested deeper than 32 levels/],
  ['a tag nobody knows', `${POOL}server: !secret x`, /not valid YAML: Unresolved tag/],
  ['a merge key', `${POOL}server: { <<: {} }`, /merge keys \(<<\) are not supported/],
  ['a key that is a list', `${POOL}? [a]\n: 1`, /a key must be plain text/],
  ['a list instead of a mapping', '- a', 'c.yaml:1:1: the file must contain a mapping'],
  ['text instead of a mapping', 'hello', 'c.yaml:1:1: the file must contain a mapping'],
  ['a prototype', `${POOL}server: { __proto__: { port: 1 } }`, /a key must be plain text/],
  [
    'a variable that is not set',
    `${POOL}server: { port: "\${NOPE}" }`,
    'c.yaml:2:17: server.port: the environment variable NOPE is not set; give it or NOPE_FILE, or write ${NOPE:-default}',
  ],
  ['a malformed variable', `${POOL}server: { host: "\${NO-PE}" }`, /^c\.yaml:2:17: server\.host: malformed variable/],
];

for (const [name, text, line] of [...SHAPE, ...REFERENCES, ...SYNTAX]) {
  test(`${name}: one line at its position`, () => {
    const lines = problemsOf(text);
    assert.equal(lines.length, 1, lines.join('\n'));
    if (typeof line === 'string') assert.equal(lines[0], line);
    else assert.match(lines[0]!, line);
  });
}

test('aliases that stand for billions of values are refused in no time', () => {
  const levels = Array.from(
    { length: 12 },
    (_, at) =>
      `a${at}: &a${at} [${Array(10)
        .fill(at === 0 ? 'x' : `*a${at - 1}`)
        .join(', ')}]`,
  );
  const lines = problemsOf(levels.join('\n'));
  assert.ok(lines.some((line) => /more than 100000 values/.test(line)));
});

test('a hundred thousand brackets are a mistake, not a crash', () => {
  assert.match(problemsOf('['.repeat(100_000))[0] ?? '', /^c\.yaml:1:\d+: nested deeper than 32 levels$/);
  assert.match(problemsOf('['.repeat(100_000), { fileName: 'c.json' })[0] ?? '', /^c\.json:1/);
});

test('a .json file must be JSON', () => {
  const json = (text: string): readonly string[] => problemsOf(text, { fileName: 'c.json' });
  assert.deepEqual(json('{\n  "pools": {},\n}'), ['c.json:3:1: not valid JSON: expected a key in double quotes']);
  assert.deepEqual(json('pools: {}'), ['c.json:1:1: not valid JSON: expected a value']);
  assert.match(
    json('{\n "pools": {"a": {"backends": [{"url": 5}]}}\n}')[0] ?? '',
    /^c\.json:2:39: pools\.a\.backends\.0\.url: found 5;/,
  );
  assert.match(json('{"server": {}, "server": {}}')[1] ?? '', /^c\.json:1:16: server: given twice/);
});

test('every mistake of a file is reported, in order, once', () => {
  const text = `
server: { port: 99999, prot: 1 }
health_check: { timeout: 9s }
pools:
  a: { algorithm: rendom, hash: { by: cookie }, backends: [{ url: x }, { url: http://b, id: 1 }], timeouts: { idle: 5 } }
  default: { backends: [] }
routes:
  - { pool: c, path_prefix: x }
`;
  const paths = problemsOf(text).map((line) => line.split(': ')[1]);
  assert.deepEqual(paths, [
    'server.port',
    'server.prot',
    'health_check.timeout',
    'pools.a.algorithm',
    'pools.a.hash.name',
    'pools.a.backends.0.url',
    'pools.a.backends.1.id',
    'pools.a.timeouts.idle',
    'pools.default.backends',
    'routes.0.pool',
    'routes.0.path_prefix',
  ]);
});

test('a mistake does not bring on others about the default that replaces it', () => {
  assert.equal(problemsOf(`${POOL}server: { port: x }\nadmin: { port: 8080 }`).length, 1);
  assert.equal(problemsOf(`${POOL}health_check: { timeout: x, interval: 1s }`).length, 1);
  assert.equal(problemsOf('pools: 5\nroutes: [{ pool: a }]').length, 1);
});

test('a mistake in a flag or a known variable is reported by its name', () => {
  assert.deepEqual(problemsOf(POOL, { flags: { port: 'x' } }), [
    '--port: server.port: found "x"; allowed: an integer from 0 to 65535',
  ]);
  assert.match(problemsOf(POOL, { flags: { adminHost: '0.0.0.0' } })[0] ?? '', /^--admin-host: admin\.token: missing/);
  assert.match(
    problemsOf(POOL, { env: { DATABASE_URL: 'mysql://h' } })[0] ?? '',
    /^DATABASE_URL: database\.url: found/,
  );
  const lines = problemsOf('', { fileName: 'command line', flags: { backends: ['http://a', 'b', 'http://A/'] } });
  assert.match(lines[0] ?? '', /^--backend: pools\.default\.backends\.1\.url: found "b"/);
  assert.match(lines[1] ?? '', /^--backend: pools\.default\.backends\.2\.url: the same backend twice/);
});

test('--backend does not replace a pool of the file', () => {
  assert.match(
    problemsOf(POOL, { flags: { backends: ['http://x'] } })[0] ?? '',
    /^c\.yaml:1:10: pools\.default: the file has this pool/,
  );
});

test('--backend does not hide what is wrong with the pools', () => {
  assert.match(
    problemsOf('pools: 5', { flags: { backends: ['http://x'] } })[0] ?? '',
    /^c\.yaml:1:8: pools: found a number/,
  );
});

test('a variable with a wrong value is named with it', () => {
  const text = `${POOL}server: { port: "\${PORT}" }`;
  assert.match(
    problemsOf(text, { env: { PORT: '80a' } })[0] ?? '',
    /found the value of "\$\{PORT\}"; allowed: an integer/,
  );
});

test('the value of a variable cannot become YAML', () => {
  const text = `${POOL}server: { host: "\${HOST}" }`;
  const env = { HOST: '0.0.0.0, port: 1 }\nadmin: { host: 0.0.0.0' };
  assert.match(problemsOf(text, { env })[0] ?? '', /^c\.yaml:2:17: server\.host: found the value of "\$\{HOST\}"/);
});

test('a loopback admin port needs no token', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', '"::1"', 'localhost', '"::ffff:127.0.0.1"']) {
    assert.deepEqual(problemsOf(`${POOL}admin: { host: ${host} }`), [], host);
  }
});

test('ports that cannot meet may be equal', () => {
  assert.deepEqual(problemsOf(`${POOL}server: { port: 0 }\nadmin: { port: 0 }`), []);
  assert.deepEqual(problemsOf(`${POOL}server: { host: 10.0.0.1, port: 9000 }`), []);
});
