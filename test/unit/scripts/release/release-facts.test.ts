import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { releaseOf, type Repository } from '../../../../scripts/release/release-facts.ts';

const repositoryOf = (version: string, changelog = `## [${version}] - 2026-12-01\n\n- News.\n`): Repository => ({
  packageVersion: version,
  lockVersion: version,
  changelog,
});

describe('a release', () => {
  it('is what its tag says, with its section of the changelog', () => {
    assert.deepEqual(releaseOf('v1.2.3', repositoryOf('1.2.3')), {
      version: '1.2.3',
      isPrerelease: false,
      distTag: 'latest',
      imageTags: ['1.2.3', '1.2', '1', 'latest'],
      notes: '- News.\n',
    });
  });

  it('has no image tag of the major version before 1.0', () => {
    assert.deepEqual(releaseOf('v0.3.0', repositoryOf('0.3.0')).imageTags, ['0.3.0', '0.3', 'latest']);
  });

  it('that is a prerelease is nobody’s default', () => {
    const { isPrerelease, distTag, imageTags } = releaseOf('v2.0.0-rc.1', repositoryOf('2.0.0-rc.1'));
    assert.deepEqual([isPrerelease, distTag, imageTags], [true, 'next', ['2.0.0-rc.1']]);
  });

  it('needs the version in every file, and says all that is wrong', () => {
    const wrong = { packageVersion: '1.2.2', lockVersion: '1.2.1', changelog: '## [1.2.2] - 2026-12-01\n\n- News.\n' };
    assert.throws(() => releaseOf('v1.2.3', wrong), {
      message: `package.json has version 1.2.2, the tag 1.2.3
package-lock.json has version 1.2.1, the tag 1.2.3
CHANGELOG.md has no section [1.2.3]`,
    });
  });

  it('needs a section with a date and words', () => {
    assert.throws(() => releaseOf('v1.0.0', repositoryOf('1.0.0', '## [1.0.0]\n\n- News.\n')), /has no date/);
    assert.throws(() => releaseOf('v1.0.0', repositoryOf('1.0.0', '## [1.0.0] - 2026-12-01\n')), /is empty/);
  });

  for (const tag of ['1.2.3', 'v1.2', 'v01.2.3', 'v1.2.3+build', 'v1.2.3-', 'version']) {
    it(`has no tag like ${tag}`, () => {
      assert.throws(() => releaseOf(tag, repositoryOf('1.2.3')), /expected v1\.2\.3 or v1\.2\.3-rc\.1/);
    });
  }
});
