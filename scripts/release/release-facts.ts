/** What a tag releases, and whether the repository agrees with it. */
import { sectionsOf } from './changelog.ts';

/** https://semver.org without build metadata: npm drops it, and an image's tag cannot have it. */
const VERSION =
  /^(?<major>0|[1-9]\d*)\.(?<minor>0|[1-9]\d*)\.(?:0|[1-9]\d*)(?<pre>-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

export interface Release {
  readonly version: string;
  readonly isPrerelease: boolean;
  /** Of npm: a prerelease is installed only by who asks for it. */
  readonly distTag: 'latest' | 'next';
  /** Of the image. A prerelease has its own only. */
  readonly imageTags: readonly string[];
  /** Its section of the changelog. */
  readonly notes: string;
}

export interface Repository {
  readonly packageVersion: string;
  readonly lockVersion: string;
  readonly changelog: string;
}

/** Throws with everything that is wrong, one line each. @param tag `v1.2.3` */
export function releaseOf(tag: string, repository: Repository): Release {
  const version = tag.replace(/^v/, '');
  const found = VERSION.exec(version)?.groups;
  if (!tag.startsWith('v') || found === undefined) throw new Error(`tag ${tag}: expected v1.2.3 or v1.2.3-rc.1`);
  const section = sectionsOf(repository.changelog).find(({ name }) => name === version);
  const problems = [
    differs('package.json', repository.packageVersion, version),
    differs('package-lock.json', repository.lockVersion, version),
    section === undefined ? `CHANGELOG.md has no section [${version}]` : null,
    section?.date === null ? `CHANGELOG.md: [${version}] has no date` : null,
    section?.text === '' ? `CHANGELOG.md: [${version}] is empty` : null,
  ].filter((problem) => problem !== null);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const isPrerelease = found['pre'] !== undefined;
  return {
    version,
    isPrerelease,
    distTag: isPrerelease ? 'next' : 'latest',
    imageTags: isPrerelease ? [version] : [version, ...shorter(found['major']!, found['minor']!), 'latest'],
    notes: `${section!.text}\n`,
  };
}

function differs(file: string, found: string, version: string): string | null {
  return found === version ? null : `${file} has version ${found}, the tag ${version}`;
}

/** In 0.x, a minor version may break what worked: no tag `0`. */
function shorter(major: string, minor: string): readonly string[] {
  return major === '0' ? [`0.${minor}`] : [`${major}.${minor}`, major];
}
