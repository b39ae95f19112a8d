const TITLE =
  /^[ \t]*(?:await |void )?(?:t\.)?(?:test|it|describe)\(\s*(?<quote>['"`])(?<title>(?:\\.|(?!\k<quote>).)*)\k<quote>/gm;

/** The names of tests and suites as they stand in a source file; a template's `${…}` stays. Skipped ones are none. */
export function testTitles(source: string): ReadonlySet<string> {
  return new Set([...source.matchAll(TITLE)].map(({ groups }) => groups!['title']!.replaceAll(/\\(['"`\\])/g, '$1')));
}

/** Matches every name that a title of the source gives: what a template puts in may be anything. */
export function titlePattern(title: string): RegExp {
  return new RegExp(
    `^${title
      .split(/\$\{[^}]*\}/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`))
      .join('.*')}$`,
    's',
  );
}
