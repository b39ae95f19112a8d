/** An HTML page with a few placeholders. Other braces are its own: styles and scripts are full of them. */

type Values = Readonly<Record<'status' | 'message' | 'request_id', string>>;

const PLACEHOLDER = /\{(status|message|request_id)\}/;

export class PageTemplate {
  /** Text and names of placeholders, alternating. */
  readonly #parts: readonly string[];

  /** @param content UTF-8, a character a byte */
  constructor(content: string) {
    this.#parts = content.split(PLACEHOLDER);
  }

  /** Values are text: nothing in them becomes markup. */
  fill(values: Values): Buffer {
    const text = this.#parts.map((part, at) =>
      at % 2 === 0 ? part : asBytes(escapeHtml(values[part as keyof Values])),
    );
    return Buffer.from(text.join(''), 'latin1');
  }
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
