import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { readRecording } from '../../../../src/cli/replay/recording-file.ts';
import { recordedRequest, recordingText } from '../../../support/recorded-requests.ts';

describe('a recording is read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-recording-'));
  after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'r.ndjson');
  const read = (text: string) => {
    writeFileSync(path, text);
    return readRecording(path);
  };

  test('in the order in which its requests came, each with its line', async () => {
    const { requests, tail } = await read(
      recordingText({ offset_ms: 5 }, { offset_ms: 2 }, { offset_ms: 5, target: '/b' }),
    );
    assert.deepEqual(
      requests.map(({ line, recorded }) => [line, recorded.offset_ms]),
      [
        [3, 2],
        [2, 5],
        [4, 5],
      ],
    );
    assert.equal(tail!.recorded, 3);
  });

  test('also when it is cut off', async () => {
    const lines = recordingText({}).split('\n');
    const { requests, tail } = await read(`${lines.slice(0, 2).join('\n')}\n`);
    assert.deepEqual([requests.length, tail], [1, null]);
  });

  test('or refused, with the line', async () => {
    const head = recordingText().split('\n')[0]!;
    const { target: _, ...incomplete } = recordedRequest();
    for (const [text, message] of [
      ['', /r\.ndjson is empty/],
      ['{"type":"request"}\n', /:1: is not a recording/],
      ['hello\n', /:1: is not a recording/],
      [head.replace('"format":1', '"format":2'), /:1: is of format 2; this version reads 1/],
      [`${head}\n${JSON.stringify(incomplete)}\n`, /:2: is neither a recorded request nor/],
      [`${head}\n\n{"type":"request"\n`, /:3: is neither/],
      [`${head}\n${JSON.stringify({ ...recordedRequest(), headers: [['a']] })}\n`, /:2: is neither/],
    ] as const)
      await assert.rejects(read(text), { name: 'CommandFailure', message });
    await assert.rejects(readRecording(join(folder, 'none')), { message: /cannot be read: the file does not exist/ });
  });
});
