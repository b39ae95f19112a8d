/** The locations of a server, in the order in which nginx tries them. */
import { keepExpression } from '../matching/expression.ts';
import { ANY, type PathMatch } from '../matching/rule.ts';
import { NginxScope } from './nginx-scope.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import type { NginxWorld } from './nginx-world.ts';

export interface NginxLocation {
  readonly origin: NginxDirective;
  /** Undefined: it has a name, and no request of a client comes to it. */
  readonly path: PathMatch | undefined;
  readonly scope: NginxScope;
  readonly isFinal: boolean;
}

/** All of a server, those within others among them. */
export function locationsOf(server: NginxScope, world: NginxWorld): readonly NginxLocation[] {
  const found = collect(server, world);
  const regexes = found.filter(({ path }) => path?.kind === 'regex');
  const finals = found.filter(({ isFinal }) => isFinal);
  for (const each of finals) {
    const inner = found.find(
      (other) => !other.isFinal && other.path?.kind === 'start' && other.path.text.startsWith(each.path!.text),
    );
    if (inner !== undefined && regexes.length > 0)
      world.outline.findings.refuse(
        each.origin,
        '^~ around another location, beside regular expressions: the order cannot be kept',
      );
  }
  const byLength = (some: readonly NginxLocation[]): readonly NginxLocation[] =>
    some.toSorted((one, other) => other.path!.text.length - one.path!.text.length);
  return [
    ...found.filter(({ path }) => path?.kind === 'exact'),
    ...(regexes.length > 0 ? byLength(finals) : []),
    ...regexes,
    ...byLength(found.filter(({ path, isFinal }) => path?.kind === 'start' && (!isFinal || regexes.length === 0))),
    ...found.filter(({ path }) => path === undefined),
  ];
}

function collect(outer: NginxScope, world: NginxWorld): readonly NginxLocation[] {
  return outer.directives.flatMap((origin) => {
    if (origin.name !== 'location') return [];
    const [first = '', second] = origin.args;
    const modifier = second === undefined ? (/^(=|\^~|~\*|~)(?=.)/.exec(first)?.[1] ?? '') : first;
    const text = second ?? first.slice(modifier.length);
    const scope = new NginxScope(origin.block ?? [], outer);
    const isNamed = text.startsWith('@');
    const path = isNamed ? undefined : pathOf(modifier, text, origin, world);
    if (path === null) return [];
    const inner = collect(scope, world);
    if (inner.some((each) => each.path?.kind === 'regex') || (inner.length > 0 && path?.kind === 'regex'))
      world.outline.findings.refuse(
        origin,
        'a location within another, one of them a regular expression: write them beside each other',
      );
    return [{ origin, path, scope, isFinal: modifier === '^~' }, ...inner];
  });
}

/** Null, with a finding: an expression that cannot be kept. */
function pathOf(modifier: string, text: string, origin: NginxDirective, world: NginxWorld): PathMatch | null {
  if (!modifier.startsWith('~')) return { kind: modifier === '=' ? 'exact' : 'start', text };
  const kept = keepExpression(text, { ignoresCase: modifier === '~*' });
  if (kept.text !== undefined) return { kind: 'regex', text: kept.text };
  world.outline.findings.refuse(origin, kept.fault!);
  return null;
}

export function matchOf({ path }: NginxLocation, host: string | undefined): typeof ANY {
  return { ...ANY, host, path: path?.kind === 'start' && path.text === '/' ? undefined : path };
}
