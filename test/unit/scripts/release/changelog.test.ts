import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { released, sectionsOf } from '../../../../scripts/release/changelog.ts';

const CHANGELOG = `# Changelog

About this file.

## [Unreleased]

### Fixed

- A fault.

## [1.1.0] - 2026-11-30

- Words.

## [1.0.0]
`;

describe('the changelog', () => {
  it('has a section for each version, newest first', () => {
    assert.deepEqual(sectionsOf(CHANGELOG), [
      { name: 'Unreleased', date: null, text: '### Fixed\n\n- A fault.' },
      { name: '1.1.0', date: '2026-11-30', text: '- Words.' },
      { name: '1.0.0', date: null, text: '' },
    ]);
    assert.deepEqual(sectionsOf('# Changelog\n'), []);
  });

  it('gets a section of what is unreleased, and an empty one above it', () => {
    const text = released(CHANGELOG, '1.2.0', '2026-12-01');
    assert.deepEqual(sectionsOf(text).slice(0, 3), [
      { name: 'Unreleased', date: null, text: '' },
      { name: '1.2.0', date: '2026-12-01', text: '### Fixed\n\n- A fault.' },
      { name: '1.1.0', date: '2026-11-30', text: '- Words.' },
    ]);
    assert.ok(text.startsWith('# Changelog\n\nAbout this file.\n'));
    assert.throws(() => released(text, '1.3.0', '2026-12-02'), /nothing under Unreleased/);
  });

  it('gets no second section of a version', () => {
    assert.throws(() => released(CHANGELOG, '1.1.0', '2026-12-01'), /already has a section 1\.1\.0/);
  });
});
