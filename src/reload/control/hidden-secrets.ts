/**
 * The text of the configuration file for an editor: literal secrets are replaced by `"*** 1 of 9f86d081"`, and put back
 * when the text returns: the number is the place among the secrets of the text with this digest. A placeholder stands for
 * its secret at the same key only, whatever the item of a list: elsewhere, an operator could have the gateway show it.
 * References such as `${NAME}` stay as they are, but not their defaults.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ConfigDocument } from '../../config/file/document.ts';
import { settingOf } from '../../config/file/references.ts';
import { fromPointer } from '../../config/file/path.ts';
import { readDocument } from '../../config/file/read-document.ts';
import { fingerprintOf } from '../../config/file/text-reader.ts';
import { ConfigSchema } from '../../config/schema/schema.ts';
import { isSecretAt } from '../../config/to-file.ts';
import { type FieldProblem, GatewayError } from '../../errors.ts';

interface Secret {
  readonly from: number;
  readonly to: number;
  /** Its key, with `*` for names and places. */
  readonly setting: string;
  /** What is there, without the quotes. */
  readonly text: string;
}

export interface HiddenText {
  readonly text: string;
  /** How many secrets are hidden. */
  readonly hidden: number;
}

const PLACEHOLDER = /\*\*\* (\d+) of ([0-9a-f]{8})/g;
/** Parsed on the control thread: longer ones take too long. Code units. */
const MAX_LENGTH = 512 * 1024;
const BOM = /^\uFEFF/;
/** Quoted in one line, or plain without what means something in some places. */
const SAME_ANYWHERE = /^(?:"[^"\\\r\n]*"|'[^'\r\n]*'|[\w./+=-]+(?::[\w./+=-]+)*)$/;
/** Without a default. */
const REFERENCE = /(?<!\$)\$\{[A-Za-z_][A-Za-z0-9_]*(?::-)?\}/g;
/** What may stand beside references: nothing, the scheme of a header (`Bearer `), a URL without a password of its own. */
const HARMLESS = /^(?:[A-Za-z]+ |[a-z][a-z+.-]*:\/\/[^:@/?#]*:?@[^@?#]*)?$/;

/** Null: it is too long to find the secrets in it, or not even YAML. */
export function hideSecrets(text: string, digest = fingerprintOf(text)): HiddenText | null {
  if (text.length > MAX_LENGTH) return null;
  const { document, isReadable } = readDocument(text, 'config');
  if (!isReadable) return null;
  const secrets = literalSecrets(document, text);
  let shown = '';
  let end = 0;
  secrets.forEach(({ from, to }, at) => {
    // The value of a block ends with its line.
    const isBlock = text[to - 1] === '\n';
    shown += `${text.slice(end, from)}"*** ${at + 1} of ${digest.slice(0, 8)}"${isBlock ? '\n' : ''}`;
    end = to;
  });
  return { text: shown + text.slice(end), hidden: secrets.length };
}

/** A placeholder in a text, and the secret that it stands for. */
interface Use {
  readonly place: Secret;
  readonly secret: Secret;
  /** The secret as its text has it, with quotes. */
  readonly written: string;
}

export interface FilledText {
  readonly text: string;
  /** Where a place of that text is in the one that was sent. */
  readonly sentPlace: (place: TextPlace) => TextPlace;
}

/** From 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/**
 * The text with its secrets. One that is not even YAML is returned as it is: its check says why.
 * @param textOf the text that {@link hideSecrets} had, by the start of its digest; undefined: it is not known any more
 */
export function fillSecrets(sent: string, textOf: (digest: string) => string | undefined): FilledText {
  const asSent = { text: sent, sentPlace: (place: TextPlace) => place };
  if (sent.length > MAX_LENGTH || sent.search(PLACEHOLDER) === -1) return asSent;
  const { document, isReadable } = readDocument(sent, 'config');
  if (!isReadable) return asSent;
  const places = valuesIn(document, sent);
  const uses = usesIn(sent, places, textOf);
  const filled = withUses(sent, uses, ({ written }) => written);
  if (uses.every(({ written }) => SAME_ANYWHERE.test(written))) return filled;
  const secrets = new Map(uses.map(({ place, secret }) => [place.from, secret.text]));
  const wanted = places.map(({ setting, text, from }) => [setting, secrets.get(from) ?? text]);
  const found = valuesIn(readDocument(filled.text, 'config').document, filled.text).map(({ setting, text }) => [
    setting,
    text,
  ]);
  if (isDeepStrictEqual(found, wanted)) return filled;
  // What is around it was changed so that it means something else there: a comment after a block, or braces.
  return withUses(sent, uses, ({ written, secret }) =>
    SAME_ANYWHERE.test(written) ? written : JSON.stringify(secret.text),
  );
}

/** An error about a filled text, with the places of the text that was sent. */
export function atSentPlaces(error: unknown, sentPlace: FilledText['sentPlace']): unknown {
  if (!(error instanceof GatewayError) || error.code !== 'GW_VALIDATION') return error;
  const details = error.details?.map(({ field, message, line, column = 1 }) => {
    if (line === undefined) return { field, message };
    const place = sentPlace({ line, column });
    const sentMessage = message.replace(`:${line}:${column}: `, `:${place.line}:${place.column}: `);
    return { field, message: sentMessage, ...place };
  });
  return new GatewayError(error.code, { message: error.message, ...(details && { details }), cause: error.cause });
}

/** Throws GW_VALIDATION for placeholders that stand for no secret, or not there. */
function usesIn(sent: string, places: readonly Secret[], textOf: (digest: string) => string | undefined): Use[] {
  const known = new Map<string, KnownText | undefined>();
  const knownText = (start: string): KnownText | undefined => {
    if (!known.has(start)) known.set(start, readKnown(textOf(start)));
    return known.get(start);
  };
  const uses: Use[] = [];
  const problems: FieldProblem[] = [];
  for (const { 0: placeholder, 1: number, 2: digest, index } of sent.matchAll(PLACEHOLDER)) {
    const source = knownText(digest!);
    const secret = source?.secrets[Number(number) - 1];
    if (secret === undefined) {
      problems.push(problemAt(sent, index, `"${placeholder}" stands for no secret that is known: read the text again`));
      continue;
    }
    const place = places.find(({ from, to, text }) => from <= index && index < to && text === placeholder);
    if (place?.setting !== secret.setting) {
      const message = `"${placeholder}" stands for a hidden secret; allowed only as a value of ${secret.setting}`;
      problems.push(problemAt(sent, index, message));
      continue;
    }
    uses.push({ place, secret, written: source!.text.slice(secret.from, secret.to).replace(/\n$/, '') });
  }
  if (problems.length > 0) throw new GatewayError('GW_VALIDATION', { details: problems });
  return uses;
}

function withUses(sent: string, uses: readonly Use[], written: (use: Use) => string): FilledText {
  let text = '';
  let end = 0;
  /** Starts and ends of the secrets, in the text and as sent. */
  const marks: { readonly at: number; readonly sentAt: number }[] = [];
  for (const use of uses) {
    text += sent.slice(end, use.place.from);
    marks.push({ at: text.length, sentAt: use.place.from });
    text += written(use);
    end = use.place.to;
    marks.push({ at: text.length, sentAt: end });
  }
  text += sent.slice(end);
  const sentPlace = ({ line, column }: TextPlace): TextPlace => {
    const at = offsetOf(text, line) + column - 1;
    const index = marks.findLastIndex((mark) => mark.at <= at);
    if (index === -1) return { line, column };
    const { at: from, sentAt } = marks[index]!;
    const isInSecret = index % 2 === 0;
    return placeAt(sent, isInSecret ? sentAt : sentAt + at - from);
  };
  return { text, sentPlace };
}

/** Of the start of a line. @param line from 1 */
function offsetOf(text: string, line: number): number {
  let offset = 0;
  for (let at = 1; at < line; at += 1) offset = text.indexOf('\n', offset) + 1;
  return offset;
}

function placeAt(text: string, offset: number): TextPlace {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

function problemAt(sent: string, offset: number, message: string): FieldProblem {
  const { line, column } = placeAt(sent, offset);
  return { field: 'config', message: `config:${line}:${column}: ${message}`, line, column };
}

interface KnownText {
  readonly text: string;
  readonly secrets: readonly Secret[];
}

function readKnown(text: string | undefined): KnownText | undefined {
  if (text === undefined || text.length > MAX_LENGTH) return undefined;
  return { text, secrets: literalSecrets(readDocument(text, 'config').document, text) };
}

function literalSecrets(document: ConfigDocument, text: string): readonly Secret[] {
  return valuesIn(document, text).filter(
    ({ isSecret, text: value }) => isSecret && value !== '' && !isReference(value),
  );
}

/** Whether all that is secret comes from the environment. */
function isReference(value: string): boolean {
  const rest = value.replace(REFERENCE, '');
  return rest !== value && HARMLESS.test(rest);
}

/** Values of the text in its order, each once, also if several aliases lead to it. */
function valuesIn({ origins }: ConfigDocument, text: string): (Secret & { readonly isSecret: boolean })[] {
  // The document does not count it.
  const offset = BOM.test(text) ? 1 : 0;
  const byStart = new Map<number, Secret & { readonly isSecret: boolean }>();
  for (const [pointer, { text: value, range }] of origins) {
    if (value === null || range === undefined) continue;
    const path = fromPointer(pointer);
    const isSecret = isSecretAt(path);
    const [from, to] = [range[0] + offset, range[1] + offset];
    if (to > from && (isSecret || !byStart.has(from))) {
      byStart.set(from, { from, to, text: value, isSecret, setting: settingOf(ConfigSchema, path) });
    }
  }
  return [...byStart.values()].toSorted((one, other) => one.from - other.from);
}
