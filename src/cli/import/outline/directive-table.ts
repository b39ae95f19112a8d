/** What becomes of the directives of a format: the code translates by it, and docs/migrating shows it. */
import type { ImportFindings } from './findings.ts';
import type { Origin } from './origin.ts';

export interface DirectiveTable {
  /** What the most used ones become, as Markdown; several of one kind are joined by commas. In the order of the page. */
  readonly translated: Readonly<Record<string, string>>;
  /** Further ones that the code translates, or reports by itself. Names, separated by spaces. */
  readonly also: readonly string[];
  /** They change nothing here: internals, or what Sluice does anyway. */
  readonly needless: readonly string[];
  /** Without a counterpart, and why; nobody is let through without them. */
  readonly lost: Readonly<Record<string, string>>;
  /** Without a counterpart, and why; they decide who is let through, or where requests go. */
  readonly refused: Readonly<Record<string, string>>;
}

export type Fate = 'translated' | 'needless' | 'lost' | 'refused' | 'unknown';

export interface KnownDirectives {
  fateOf(name: string): Fate;
  /** Reports one that is lost, refused or unknown. */
  report(origin: Origin, findings: ImportFindings): void;
}

export function knownDirectives({ translated, also, needless, lost, refused }: DirectiveTable): KnownDirectives {
  const words = (texts: readonly string[]): ReadonlySet<string> =>
    new Set(texts.flatMap((text) => text.split(/[\s,]+/)));
  const translatedNames = words([...Object.keys(translated), ...also]);
  const needlessNames = words(needless);
  const fateOf = (name: string): Fate => {
    if (translatedNames.has(name)) return 'translated';
    if (needlessNames.has(name)) return 'needless';
    if (Object.hasOwn(refused, name)) return 'refused';
    return Object.hasOwn(lost, name) ? 'lost' : 'unknown';
  };
  return {
    fateOf,
    report: (origin, findings) => {
      const { name } = origin;
      const fate = fateOf(name);
      if (fate === 'lost') findings.lose(origin, lost[name]!);
      else if (fate === 'refused') findings.refuse(origin, refused[name]!);
      else if (fate === 'unknown') findings.refuse(origin, 'unknown: it may decide who is let through');
    },
  };
}
