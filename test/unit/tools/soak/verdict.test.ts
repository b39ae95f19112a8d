import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Sample } from '../../../../tools/soak/samples.ts';
import { faultsOf, type Soak } from '../../../../tools/soak/verdict.ts';

describe('the verdict of a soak', () => {
  test('flat and without failures passes', () => {
    assert.deepEqual(faultsOf(soak()), []);
  });

  test('memory that grows over the second half fails', () => {
    const samples = Array.from({ length: 40 }, (_, at) => sample({ rssMiB: 200 + 3 * at }));
    assert.match(faultsOf(soak({ samples })).join(), /^memory grew by \d+ MiB/);
  });

  test('descriptors left open fail, where they are known', () => {
    assert.match(faultsOf(soak({ after: sample({ files: 59 }) })).join(), /^9 file descriptors are left open/);
    assert.deepEqual(faultsOf(soak({ after: sample({ files: NaN }) })), []);
  });

  test('a GET that failed, a request that never ends and a wrong answer fail', () => {
    assert.equal(faultsOf(soak({ failedIdempotent: 1, inFlightAfter: 1, wrong: 1 })).length, 3);
  });

  test('one POST of a hundred may fail', () => {
    assert.deepEqual(faultsOf(soak({ sent: 1000, failedOther: 10 })), []);
    assert.equal(faultsOf(soak({ sent: 1000, failedOther: 11 })).length, 1);
  });
});

function soak(change: Partial<Soak> = {}): Soak {
  return {
    samples: Array.from({ length: 40 }, () => sample()),
    before: sample(),
    after: sample(),
    inFlightAfter: 0,
    sent: 1000,
    wrong: 0,
    failedIdempotent: 0,
    failedOther: 0,
    ...change,
  };
}

function sample(change: Partial<Sample> = {}): Sample {
  return { rssMiB: 200, heapMiB: 40, files: 50, sockets: 20, ...change };
}
