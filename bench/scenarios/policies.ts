/** What the policies of a route cost: header fields, CORS, a JSON Web Token that was seen before, and a split. */
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareCosts } from '../compare.ts';
import type { PeerContext } from '../peers.ts';
import { sluiceWith } from '../peers.ts';
import { ratioFinding, type Scenario } from '../scenario.ts';

const SECRET = 'a-secret-of-the-benchmark-32-bytes-at-least';
const ORIGIN = 'https://app.example.com';

const AUTH = { jwt: { secret: SECRET, audience: ['api'] } };
const CORS = { origins: [ORIGIN], credentials: true };
const HEADERS = {
  request_headers: { set: { 'x-user': '{jwt.sub}', 'x-route': '{route}' }, remove: ['x-debug'] },
  response_headers: { set: { 'x-frame-options': 'DENY' }, remove: ['server'] },
};

/** Each measured alone, and then all: who pays for what. */
const ROUTES: readonly (readonly [what: string, policies: object, target: number])[] = [
  ['header fields', { ...HEADERS, request_headers: { set: { 'x-route': '{route}' } } }, 1.15],
  ['CORS', { cors: CORS }, 1.15],
  ['JSON Web Token', { auth: AUTH }, 1.15],
  ['header fields, CORS, JSON Web Token, split', { ...HEADERS, cors: CORS, auth: AUTH, split: true }, 1.25],
];

export const policies: Scenario = {
  name: 'policies',
  run: async (lab, effort) => {
    if (!lab.hasWrk) {
      console.log('  left out: it takes wrk');
      return [];
    }
    const contestants = [await lab.require(sluiceWith('Sluice, no policies', (context) => settings(context, {})))];
    for (const [what, route] of ROUTES) {
      contestants.push(
        await lab.require(
          sluiceWith(`Sluice, ${what}`, (context) => settings(context, route)),
          undefined,
          'auth' in route ? 401 : 200,
        ),
      );
    }
    // The same request for all.
    const script = join(lab.folder('policies'), 'request.lua');
    writeFileSync(script, `wrk.headers["Origin"] = "${ORIGIN}"\nwrk.headers["Authorization"] = "Bearer ${token()}"\n`);
    const [, ...costs] = await compareCosts(lab, effort, contestants, { script });
    for (const contestant of contestants) await lab.leave(contestant);
    return ROUTES.map(([what, , target], at) =>
      ratioFinding(`policies, ${what}: CPU`, 'none', costs[at]!.toFirst, target),
    );
  },
};

function settings({ backends }: PeerContext, policies: object): object {
  const { split, ...rest } = policies as { readonly split?: true };
  const pool = { algorithm: 'two-choices', backends: backends.map((address) => ({ url: `http://${address}` })) };
  const pools = { default: pool, next: pool };
  const to =
    split === undefined
      ? { pool: 'default' }
      : {
          split: [
            { pool: 'default', weight: 95 },
            { pool: 'next', weight: 5 },
          ],
        };
  return { pools, rate_limit: { default: { capacity: 1e9, rate_per_second: 1e6 } }, routes: [{ ...to, ...rest }] };
}

/** For a day, HS256. */
function token(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'somebody', aud: 'api', exp: Math.floor(Date.now() / 1000) + 86_400 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}
