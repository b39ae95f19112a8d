/** Header fields that a route sets, adds and removes, in requests on their way to backends or in answers. */
import type { AnswerRule, RequestRule } from '../../routing/route-policies.ts';
import type { Exchange } from '../../routing/exchange.ts';
import { fieldText, unicodeFieldText } from '../../http/fields/field-text.ts';
import { foldedName } from '../../http/fields/header-rules.ts';
import { removeFields } from '../../http/fields/remove-fields.ts';
import { RequestValues } from '../request-values.ts';
import type { Placeholder } from '../../core/placeholder-vocabulary.ts';
import { Template } from '../../core/template.ts';

/** As settings have them. Values may contain placeholders. */
export interface FieldChangeSettings {
  /** Replaces all fields of this name. */
  readonly set: Readonly<Record<string, string>>;
  /** Adds a field beside those of this name. */
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

interface NewField {
  readonly name: string;
  readonly value: Template;
}

export class FieldChanges {
  readonly #removed: ReadonlySet<string>;
  readonly #new: readonly NewField[];

  constructor({ set, add, remove }: FieldChangeSettings) {
    this.#removed = new Set([...Object.keys(set), ...remove].map((name) => foldedName(name.toLowerCase())));
    this.#new = [...Object.entries(set), ...Object.entries(add)].map(([name, value]) => ({
      name: name.toLowerCase(),
      value: new Template(value),
    }));
  }

  /** Null: nothing changes. */
  static of(settings: FieldChangeSettings): FieldChanges | null {
    const { set, add, remove } = settings;
    const isEmpty = remove.length === 0 && Object.keys(set).length === 0 && Object.keys(add).length === 0;
    return isEmpty ? null : new FieldChanges(settings);
  }

  /**
   * Every spelling of a removed name is removed. A field whose value turns out empty is not sent.
   *
   * @param fields name and value alternating; changed in place
   */
  change(fields: string[], exchange: Exchange): void {
    if (this.#removed.size > 0) removeFields(fields, this.#removed);
    if (this.#new.length === 0) return;
    const values = new RequestValues(exchange);
    for (const { name, value } of this.#new) {
      const text = value.fill(values, placeholderText);
      if (text !== '') fields.push(name, text);
    }
  }
}

export class RequestFieldRule implements RequestRule {
  readonly #changes: FieldChanges;

  constructor(changes: FieldChanges) {
    this.#changes = changes;
  }

  applyTo(fields: string[], exchange: Exchange): void {
    this.#changes.change(fields, exchange);
  }
}

export class AnswerFieldRule implements AnswerRule {
  readonly #changes: FieldChanges;

  constructor(changes: FieldChanges) {
    this.#changes = changes;
  }

  applyTo(fields: string[], _status: number, exchange: Exchange): void {
    this.#changes.change(fields, exchange);
  }
}

function placeholderText(value: string, placeholder: Placeholder): string {
  return placeholder === 'jwt' || placeholder === 'auth_user' ? unicodeFieldText(value) : fieldText(value);
}
