import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeStream, runCampaign } from '../../../../tools/fuzz/campaign.ts';
import { corpusCase } from '../../../../tools/fuzz/corpus-case.ts';
import { Draw } from '../../../../tools/fuzz/draw.ts';
import type { Stream } from '../../../../tools/fuzz/reading.ts';
import { roundTripFault } from '../../../../tools/fuzz/round-trip.ts';
import { shrink } from '../../../../tools/fuzz/shrink.ts';

const COUNT = 6000;

describe('differential fuzzing of the HTTP/1.1 parsers', () => {
  it('finds nothing that is not documented', () => {
    const { findings, messages, readByBoth, documented } = runCampaign({ seed: 1, count: COUNT });
    assert.deepEqual(
      findings.map(({ what, stream }) => [what, corpusCase(stream)]),
      [],
    );
    assert.ok(messages >= COUNT);
    assert.ok(readByBoth > COUNT / 3, `only ${readByBoth} messages were read by both`);
    assert.ok(documented.size > 10, 'oddities come up');
  });

  it('reads the same streams for the same seed', () => {
    assert.deepEqual(runCampaign({ seed: 7, count: 500 }), runCampaign({ seed: 7, count: 500 }));
  });

  it('ends when its time is up', () => {
    assert.ok(runCampaign({ seed: 1, count: 1e6, isTimeUp: () => true }).messages < 10_000);
  });
});

describe('a request as it is written to a backend', () => {
  it('is read by llhttp as it was meant', () => {
    const draw = new Draw(1);
    for (let turn = 0; turn < 500; turn += 1) assert.equal(roundTripFault(draw), undefined);
  });
});

describe('shrinking', () => {
  it('takes away what is not needed', () => {
    const bytes = Buffer.from(`${'a'.repeat(100)}\n${'b'.repeat(30)}`);
    const stream: Stream = { isResponse: false, bytes, heads: [] };
    const smallest = shrink(stream, (smaller) => smaller.bytes.includes(0x0a) && smaller.bytes.includes(0x62));
    assert.equal(smallest.bytes.toString(), '\nb');
  });
});

describe('judging a stream', () => {
  it('compares what comes before a fault, and what comes in pieces', () => {
    const judge = (text: string): string =>
      judgeStream({ isResponse: false, bytes: Buffer.from(text, 'latin1'), heads: [] }, [3, 9]).verdict.is;
    assert.equal(judge('GET / HTTP/1.1\r\n\r\n'), 'same');
    assert.equal(judge('GET / HTTP/1.1\r\n\r\nGET / HTTP/9.9\r\n\r\n'), 'same');
    assert.equal(judge('FOO / HTTP/1.1\r\n\r\n'), 'documented');
  });
});
