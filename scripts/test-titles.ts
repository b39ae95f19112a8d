const TITLE =
  /^[ \t]*(?:await |void )?(?:t\.)?(?:test|it|describe)\(\s*(?<quote>['"`])(?<title>(?:\\.|(?!\k<quote>).)*)\k<quote>/gm;

/** The names of tests and suites as written in a source file; a template's `${…}` stays. Skipped ones are left out. */
export function testTitles(source: string): ReadonlySet<string> {
  return new Set([...source.matchAll(TITLE)].map(({ groups }) => groups!['title']!.replaceAll(/\\(['"`\\])/g, '$1')));
}

/** Matches every name that a title in the source can produce: template placeholders match anything. */
export function titlePattern(title: string): RegExp {
  return new RegExp(
    `^${title
      .split(/\$\{[^}]*\}/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`))
      .join('.*')}$`,
    's',
  );
}
