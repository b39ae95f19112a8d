import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitSharing } from '../../../dashboard/src/api/types.ts';
import { sharingText, sharingTrouble } from '../../../dashboard/src/views/limits/sharing-text.ts';

function sharing(some: Partial<LimitSharing>): LimitSharing {
  return { mode: 'shared', since: null, gateways: 3, rtt_ms: 0.3, ...some } as LimitSharing;
}

test('shared limits are a fact, and no trouble', () => {
  assert.equal(sharingText(sharing({})), 'shared among 3 gateways, round trip 0.3 ms');
  assert.equal(sharingText(sharing({ rtt_ms: 0 })), 'shared among 3 gateways', 'not measured yet');
  assert.match(sharingText(sharing({ gateways: 1 })), /^shared, by this gateway only so far, round trip/);
  assert.equal(sharingTrouble(sharing({})), null);
});

test('a slow and a lost Redis are explained', () => {
  const slow = sharing({ mode: 'slow', rtt_ms: 8 });
  assert.match(sharingTrouble(slow)!, /^Redis is slow \(round trip 8(\.0)? ms\): no request waits for it/);
  const lost = sharing({ mode: 'lost' });
  assert.equal(sharingTrouble(lost), 'Redis is lost: this gateway admits its share, 1/3 of each limit');
  assert.match(sharingTrouble(sharing({ mode: 'lost', gateways: 1 }))!, /all of each limit, as the only one$/);
  assert.doesNotMatch(sharingText(lost), /round trip/);
});
