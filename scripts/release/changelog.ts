/** Sections of CHANGELOG.md, which follows https://keepachangelog.com/en/1.1.0/. */

const UNRELEASED = '## [Unreleased]';
const HEADING = /^## \[(?<name>[^\]]+)\](?: - (?<date>\d{4}-\d{2}-\d{2}))?$/;

export interface Section {
  readonly name: string;
  /** Null: it has none. */
  readonly date: string | null;
  /** Without the heading, trimmed. */
  readonly text: string;
}

/** Newest first. */
export function sectionsOf(changelog: string): readonly Section[] {
  const sections: { name: string; date: string | null; lines: string[] }[] = [];
  for (const line of changelog.split('\n')) {
    const found = HEADING.exec(line)?.groups;
    if (found !== undefined) sections.push({ name: found['name']!, date: found['date'] ?? null, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ name, date, lines }) => ({ name, date, text: lines.join('\n').trim() }));
}

/**
 * Turns what is unreleased into the section of a version.
 *
 * Throws if nothing is unreleased, or the version has a section. @param date `2026-12-01`
 */
export function released(changelog: string, version: string, date: string): string {
  const sections = sectionsOf(changelog);
  const unreleased = sections.find(({ name }) => name === 'Unreleased');
  if (unreleased === undefined || unreleased.text === '') throw new Error('CHANGELOG.md has nothing under Unreleased');
  if (sections.some(({ name }) => name === version)) throw new Error(`CHANGELOG.md already has a section ${version}`);
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## [${version}] - ${date}`);
}
