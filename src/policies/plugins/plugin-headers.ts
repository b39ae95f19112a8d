/** Header fields as plugins read and change them. */
import { foldedName } from '../../http/fields/header-rules.ts';
import { isOwnField } from '../../http/fields/own-fields.ts';
import type { FieldValues } from '../../http/fields/field-values.ts';
import type { PluginHeaders } from '../../plugin-kit/define-plugin.ts';

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, 5.5: latin1, no control characters but the tab. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields as one hook has them: once it has ended, changes do nothing. */
export class HookHeaders implements PluginHeaders {
  /** The hook has ended, or was given up. */
  isOver = false;
  readonly #headers: PluginHeaders;
  readonly #onLate: () => void;

  /** @param onLate called for each change that comes too late */
  constructor(headers: PluginHeaders, onLate: () => void) {
    this.#headers = headers;
    this.#onLate = onLate;
  }

  get(name: string): string | undefined {
    return this.#headers.get(name);
  }

  has(name: string): boolean {
    return this.#headers.has(name);
  }

  set(name: string, value: string): void {
    if (this.isOver) this.#onLate();
    else this.#headers.set(name, value);
  }

  add(name: string, value: string): void {
    if (this.isOver) this.#onLate();
    else this.#headers.add(name, value);
  }

  remove(name: string): void {
    if (this.isOver) this.#onLate();
    else this.#headers.remove(name);
  }
}

/** Fields of an answer, which exist: name and value alternating, changed in place. */
export class AnswerHeaders implements PluginHeaders {
  readonly #fields: string[];

  constructor(fields: string[]) {
    this.#fields = fields;
  }

  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    const values = this.#fields.filter((_, at) => at % 2 === 1 && this.#fields[at - 1]!.toLowerCase() === lower);
    return values.length === 0 ? undefined : values.join(', ');
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: string): void {
    assertField(name, value);
    removeField(this.#fields, name);
    this.#fields.push(name.toLowerCase(), value);
  }

  add(name: string, value: string): void {
    assertField(name, value);
    this.#fields.push(name.toLowerCase(), value);
  }

  remove(name: string): void {
    assertChangeable(name);
    removeField(this.#fields, name);
  }
}

/** Fields of a request: what the client sent, and the changes, which are applied when its head is written for a backend. */
export class RequestHeaders implements PluginHeaders {
  readonly #sent: FieldValues;
  /** By lower-case name, in order; an empty list: removed. */
  readonly #changes = new Map<string, { readonly replaces: boolean; readonly values: string[] }>();

  constructor(sent: FieldValues) {
    this.#sent = sent;
  }

  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    const change = this.#changes.get(lower);
    const sent = change?.replaces === true ? undefined : this.#sent[lower];
    const values = [...(sent === undefined ? [] : [sent]), ...(change?.values ?? [])];
    return values.length === 0 ? undefined : values.join(', ');
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: string): void {
    assertField(name, value);
    this.#changes.set(name.toLowerCase(), { replaces: true, values: [value] });
  }

  add(name: string, value: string): void {
    assertField(name, value);
    const lower = name.toLowerCase();
    const change = this.#changes.get(lower);
    if (change === undefined) this.#changes.set(lower, { replaces: false, values: [value] });
    else change.values.push(value);
  }

  remove(name: string): void {
    assertChangeable(name);
    this.#changes.set(name.toLowerCase(), { replaces: true, values: [] });
  }

  /** @param fields name and value alternating; changed in place */
  applyTo(fields: string[]): void {
    for (const [name, { replaces, values }] of this.#changes) {
      if (replaces) removeField(fields, name);
      for (const value of values) fields.push(name, value);
    }
  }
}

/** In every spelling: many programs cannot tell them apart. */
function removeField(fields: string[], name: string): void {
  const folded = foldedName(name.toLowerCase());
  for (let at = fields.length - 2; at >= 0; at -= 2) {
    if (foldedName(fields[at]!.toLowerCase()) === folded) fields.splice(at, 2);
  }
}

function assertField(name: string, value: string): void {
  assertChangeable(name);
  if (typeof value !== 'string' || !VALUE.test(value)) {
    throw new TypeError(`the value of header ${name} is not text without control characters`);
  }
}

function assertChangeable(name: string): void {
  if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is not the name of a header`);
  if (isOwnField(name)) throw new TypeError(`header ${name} frames the message or is sent by the gateway itself`);
}
