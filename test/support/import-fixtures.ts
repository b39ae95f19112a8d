/**
 * Configurations of other gateways and what they become: FILE and `FILE.yaml`, our file as it is written. With
 * `FILE.refused`, the import is refused with these lines unless what cannot be translated is dropped; then the YAML holds.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadWithReferences } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { guessGateway, type GatewayFormat } from '../../src/cli/import/gateway-formats.ts';
import { importGateway } from '../../src/cli/import/import-gateway.ts';
import { ImportFailure } from '../../src/cli/import/old-file.ts';
import { BoundedFiles } from '../../src/cli/import/outline/bounded-files.ts';
import type { FinishedOutline } from '../../src/cli/import/outline/finish-outline.ts';

const FOLDER = join(import.meta.dirname, '../unit/cli/import/fixtures');
/** Certificates of the fixtures are nowhere: whether they can be read is a note, and the same on each machine. */
const NOWHERE = '/nowhere';

export function importFixture(format: GatewayFormat, file: string, dropsUnsupported = false): FinishedOutline {
  const folder = join(FOLDER, format);
  const main = { name: file, text: readFileSync(join(folder, file), 'utf8') };
  return importGateway({ main, format, files: new BoundedFiles(file, folder), dropsUnsupported, cwd: NOWHERE });
}

/** Of a text without includes. */
export function importText(format: GatewayFormat, text: string, dropsUnsupported = true): FinishedOutline {
  const files = new BoundedFiles('main', NOWHERE);
  return importGateway({ main: { name: 'main', text }, format, files, dropsUnsupported, cwd: NOWHERE });
}

/** As a gateway that reads the result would have it; certificates apart. */
export function settingsOf({ yaml }: Pick<FinishedOutline, 'yaml'>): Settings {
  return loadWithReferences(yaml, 'sluice.yaml', { env: {}, flags: {}, cwd: NOWHERE, onlyFiles: [] }).settings;
}

/** Of the findings: `refused auth_basic`. */
export function kindsOf({ findings }: FinishedOutline): readonly string[] {
  return findings.map(({ kind, origin }) => `${kind} ${origin?.name ?? ''}`.trim());
}

/** @returns the names of the fixtures */
export function fixtureFiles(format: GatewayFormat): readonly string[] {
  return readdirSync(join(FOLDER, format), { withFileTypes: true })
    .filter((each) => each.isFile() && existsSync(join(FOLDER, format, `${each.name}.yaml`)))
    .map(({ name }) => name);
}

/** A test for each fixture. */
export function testFixtures(format: GatewayFormat): void {
  const files = fixtureFiles(format);
  test('there are ten configurations, and each is recognized', () => {
    assert.ok(files.length >= 10, `${files.length}`);
    for (const file of files) {
      const text = readFileSync(join(FOLDER, format, file), 'utf8');
      assert.equal(guessGateway(file, text)?.format, format, file);
    }
  });
  for (const file of files) {
    test(`${file} becomes what is beside it`, () => {
      const refusal = join(FOLDER, format, `${file}.refused`);
      const isRefused = existsSync(refusal);
      if (isRefused) {
        assert.throws(
          () => importFixture(format, file),
          (error: unknown) => {
            assert.ok(error instanceof ImportFailure);
            assert.equal(`${error.message}\n`, readFileSync(refusal, 'utf8'));
            return true;
          },
        );
      }
      const finished = importFixture(format, file, isRefused);
      assert.equal(finished.yaml, readFileSync(join(FOLDER, format, `${file}.yaml`), 'utf8'));
      settingsOf(finished);
    });
  }
}
