/** Reduces a finding: removes bytes as long as it remains one. */
import type { Stream } from './reading.ts';

const MAX_TRIES = 20_000;

/** @param isStill whether the smaller stream shows the same */
export function shrink(stream: Stream, isStill: (smaller: Stream) => boolean): Stream {
  let smallest = stream;
  let tries = 0;
  for (let size = Math.ceil(stream.bytes.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.bytes.length && tries < MAX_TRIES;) {
      tries += 1;
      const { bytes } = smallest;
      const smaller = { ...smallest, bytes: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]) };
      if (isStill(smaller)) smallest = smaller;
      else at += size;
    }
  }
  return smallest;
}
