/**
 * Pieces of OTLP in JSON, written straight as text: a span costs no object of its own.
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */

export type AttributeValue = string | number | boolean;

/** A list of attributes, in the order in which they were added. */
export class AttributeText {
  #text = '';

  /** Nothing is added if the value is undefined or null. @param key ASCII without quotes and backslashes */
  add(key: string, value: AttributeValue | null | undefined): this {
    if (value !== undefined && value !== null) this.#append(`"${key}"`, value);
    return this;
  }

  /** The same for a key of any characters. */
  addNamed(key: string, value: AttributeValue): this {
    this.#append(JSON.stringify(key), value);
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
      return `{"stringValue":${JSON.stringify(value)}}`;
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

/** Nanoseconds since the epoch, in quotes. @param wallMs fractions included */
export function nanoText(wallMs: number): string {
  const whole = Math.floor(wallMs);
  const rest = Math.floor((wallMs - whole) * 1e6);
  return `"${whole}${String(1e6 + rest).slice(1)}"`;
}

/** A JSON array. @param attributes names of any characters */
export function attributesText(attributes: Readonly<Record<string, AttributeValue>>): string {
  const all = new AttributeText();
  for (const [name, value] of Object.entries(attributes)) all.addNamed(name, value);
  return all.text;
}
