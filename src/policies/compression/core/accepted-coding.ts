/** Which content coding a client gets, by its Accept-Encoding (RFC 9110, 12.5.3). */
import type { ContentCoding } from '../../core/policies-vocabulary.ts';

export interface AcceptedCoding {
  /** Null: none. */
  readonly coding: ContentCoding | null;
  /** `identity;q=0`: even a body that is not worth compressing must be coded, if it can be. */
  readonly isIdentityRefused: boolean;
}

const IDENTITY: AcceptedCoding = { coding: null, isIdentityRefused: false };
/** A coding and its weight (RFC 9110, 12.4.2). */
const ELEMENT = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;
const ALIASES: Readonly<Record<string, string>> = { 'x-gzip': 'gzip' };

/**
 * The offered coding with the highest weight; of equal ones, the first offered. A client that wants the body as it is
 * more than any of them gets it so, and so does one without the field: it may not know any coding.
 *
 * @param accept the field's value, joined if there were several; elements that are malformed are ignored
 * @param offered most preferred first
 */
export function acceptedCoding(accept: string | undefined, offered: readonly ContentCoding[]): AcceptedCoding {
  if (accept === undefined || accept === '') return IDENTITY;
  const weights = new Map<string, number>();
  for (const element of accept.toLowerCase().split(',')) {
    const found = ELEMENT.exec(element.trim());
    if (found === null) continue;
    const [, name = '', weight = '1'] = found;
    weights.set(ALIASES[name] ?? name, Number(weight));
  }
  const others = weights.get('*');
  let coding: ContentCoding | null = null;
  let best = 0;
  for (const each of offered) {
    const weight = weights.get(each) ?? others ?? 0;
    if (weight <= best) continue;
    coding = each;
    best = weight;
  }
  const identity = weights.get('identity');
  const isIdentityRefused = (identity ?? others) === 0;
  return (identity ?? 0) > best ? IDENTITY : { coding, isIdentityRefused };
}
