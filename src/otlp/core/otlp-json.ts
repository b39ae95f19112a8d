/**
 * Pieces of OTLP in JSON, written straight as text: a span costs no object of its own.
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */

export type AttributeValue = string | number | boolean;

/** As much of a text is looked at here. */
const MAX_LOOKED_AT = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** JSON has it as it is, in quotes. Short and plain texts, as most are, cost no call of JSON.stringify. */
function isPlain(text: string): boolean {
  if (text.length > MAX_LOOKED_AT) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

/** As JSON.stringify writes it. */
export function quoted(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** How an attribute begins. Few long pieces: a text of many pieces takes longer to write. */
interface AttributeHead {
  readonly key: string;
  /** Of the first one of a list, up to the value: a plain text. */
  readonly first: string;
  readonly next: string;
}

const heads = new Map<string, AttributeHead>();

/** @param key one of few constants */
function headOf(key: string): AttributeHead {
  const known = heads.get(key);
  if (known !== undefined) return known;
  const first = `{"key":"${key}","value":{"stringValue":"`;
  const head = { key: `"${key}"`, first, next: `,${first}` };
  heads.set(key, head);
  return head;
}

/** A list of attributes, in the order in which they were added. */
export class AttributeText {
  #text = '';

  /**
   * Nothing is added if the value is undefined or null.
   *
   * @param key a constant: ASCII without quotes and backslashes
   */
  add(key: string, value: AttributeValue | null | undefined): this {
    if (value === undefined || value === null) return this;
    const head = headOf(key);
    if (typeof value === 'string' && isPlain(value)) {
      this.#text += `${this.#text === '' ? head.first : head.next}${value}"}}`;
    } else this.#append(head.key, value);
    return this;
  }

  /** The same for a key of any characters. */
  addNamed(key: string, value: AttributeValue): this {
    this.#append(quoted(key), value);
    return this;
  }

  /** Those of another list. */
  addAll(attributes: AttributeText): this {
    if (attributes.#text !== '') this.#text += (this.#text === '' ? '' : ',') + attributes.#text;
    return this;
  }

  /** A JSON array. */
  get text(): string {
    return `[${this.#text}]`;
  }

  #append(key: string, value: AttributeValue): void {
    this.#text += `${this.#text === '' ? '' : ','}{"key":${key},"value":${anyValue(value)}}`;
  }
}

/** A JSON object. */
function anyValue(value: AttributeValue): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${quoted(value)}}`;
    case 'boolean':
      return `{"boolValue":${value}}`;
    default:
      return Number.isSafeInteger(value) ? `{"intValue":${value}}` : `{"doubleValue":${doubleText(value)}}`;
  }
}

/** Infinite numbers and NaN have names, as protobuf has them in JSON. */
export function doubleText(value: number): string {
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

/** The second of the last {@link nanoText}: numbers of this size take longer to write than all else. */
let second = 0;
let secondText = '0';

/** Nanoseconds since the epoch, in quotes. @param wallMs fractions included */
export function nanoText(wallMs: number): string {
  const whole = Math.floor(wallMs);
  const rest = Math.floor((wallMs - whole) * 1e6);
  const seconds = Math.floor(whole / 1000);
  if (seconds !== second) {
    second = seconds;
    secondText = String(seconds);
  }
  return `"${secondText}${String(1e9 + (whole - seconds * 1000) * 1e6 + rest).slice(1)}"`;
}

/** A JSON array. @param attributes names of any characters */
export function attributesText(attributes: Readonly<Record<string, AttributeValue>>): string {
  const all = new AttributeText();
  for (const [name, value] of Object.entries(attributes)) all.addNamed(name, value);
  return all.text;
}
