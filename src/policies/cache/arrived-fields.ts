/** From the head of a backend's answer to what a cache stores of it. */
import { parseHttpDate } from '../../http/http-date.ts';
import { fieldValues, type FieldValues } from '../../http/fields/field-values.ts';
import {
  FORWARDED_HOST,
  FORWARDED_PROTO,
  HOST,
  ODD_NAME,
  PASS,
  COOKIE,
  ruleFor,
} from '../../http/fields/header-rules.ts';
import { type Directives, directivesOf } from './core/cache-control.ts';
import type { AnswerTimes } from './core/freshness.ts';

export interface ArrivedFields extends AnswerTimes {
  readonly values: FieldValues;
  readonly directives: Directives;
  /** Names in lower case; null: no other request may get this answer. */
  readonly vary: readonly string[] | null;
}

/** @param nowS seconds since 1970 */
export function arrivedFields(fields: readonly string[], nowS: number): ArrivedFields {
  const values = fieldValues(fields);
  const { date, expires, age } = values;
  return {
    values,
    directives: directivesOf(values['cache-control']),
    date: date === undefined ? undefined : parseHttpDate(date, nowS),
    expires: expires === undefined ? undefined : parseHttpDate(expires, nowS),
    age: age === undefined ? undefined : ageOf(age),
    vary: varyOf(values['vary']),
  };
}

/** The first of several (RFC 9111, 5.1); what is not a number is ignored. */
function ageOf(age: string): number | undefined {
  const first = age.split(',', 1)[0]!.trim();
  return /^\d+$/.test(first) ? Math.min(Number(first), 2 ** 31) : undefined;
}

/** Those that are part of the key anyway. */
const KEYED = [HOST, FORWARDED_HOST, FORWARDED_PROTO];

/**
 * Of `*`, and of fields that the gateway writes itself, such as X-Forwarded-For, nobody can tell by a later request
 * whether it matches.
 */
function varyOf(value: string | undefined): readonly string[] | null {
  if (value === undefined) return [];
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !KEYED.includes(ruleFor(name)));
  const isKnown = names.every((name) => name !== '*' && [PASS, COOKIE, ODD_NAME].includes(ruleFor(name)));
  return isKnown ? [...new Set(names)] : null;
}

/** For comparison with Vary: white space around commas does not matter (RFC 9111, 4.1). */
export function comparable(value: string | undefined): string {
  // Unlike any value.
  return value === undefined ? '\r' : value.replaceAll(/[ \t]*,[ \t]*/g, ',').trim();
}
