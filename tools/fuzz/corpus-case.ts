/** A case of test/unit/http1/corpus.json: a stream, and how both parsers read it. */
import { compare } from './compare.ts';
import { readWithLlhttp } from './llhttp-reading.ts';
import type { Reading, Stream } from './reading.ts';
import { readWithSluice } from './sluice-reading.ts';

export interface CorpusCase {
  readonly is: 'request' | 'response';
  /** latin1 */
  readonly text: string;
  /** Of responses that answer HEAD. */
  readonly heads?: readonly boolean[];
  readonly sluice: Outcome;
  readonly llhttp: Outcome;
  /** `same`, `finding`, or what it is documented as. */
  readonly verdict: string;
}

interface Outcome {
  /** Start line, body and trailers of each; `…` behind one that is not complete. */
  readonly messages: readonly string[];
  /** Why the next one was refused: the kind of ours, the code of llhttp. */
  readonly fault?: string;
}

export function corpusCase(stream: Stream): CorpusCase {
  const ours = readWithSluice(stream);
  const theirs = readWithLlhttp(stream);
  const verdict = compare(stream, ours, theirs);
  return {
    is: stream.isResponse ? 'response' : 'request',
    text: stream.bytes.toString('latin1'),
    ...(stream.heads.includes(true) ? { heads: stream.heads } : {}),
    sluice: outcomeOf(ours),
    llhttp: outcomeOf(theirs),
    verdict: verdict.is === 'documented' ? verdict.name : verdict.is,
  };
}

export function streamOfCase({ is, text, heads = [] }: Pick<CorpusCase, 'is' | 'text' | 'heads'>): Stream {
  return { isResponse: is === 'response', bytes: Buffer.from(text, 'latin1'), heads };
}

function outcomeOf({ messages, fault }: Reading): Outcome {
  return {
    messages: messages.map(({ start, body, trailers, isComplete }) =>
      [start, body, ...trailers].join('|').concat(isComplete ? '' : '…'),
    ),
    ...(fault === null ? {} : { fault: fault.split(':', 1)[0]! }),
  };
}
