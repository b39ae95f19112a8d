/** Directives that apply at a place: those of the innermost block that has any of the name, as nginx inherits them. */
import type { NginxDirective } from './nginx-syntax.ts';

export class NginxScope {
  readonly directives: readonly NginxDirective[];
  readonly #outer: NginxScope | null;

  constructor(directives: readonly NginxDirective[], outer: NginxScope | null) {
    this.directives = directives;
    this.#outer = outer;
  }

  /** The last one of the innermost block with one. */
  one(name: string): NginxDirective | undefined {
    return this.all(name).at(-1);
  }

  /** All of the innermost block with any of these names. */
  all(...names: readonly string[]): readonly NginxDirective[] {
    const own = this.directives.filter((each) => names.includes(each.name));
    return own.length > 0 || this.#outer === null ? own : this.#outer.all(...names);
  }

  /** Those of every block, the outermost first. */
  everywhere(name: string): readonly NginxDirective[] {
    return [...(this.#outer?.everywhere(name) ?? []), ...this.directives.filter((each) => each.name === name)];
  }

  isOn(name: string): boolean {
    return this.one(name)?.args[0] === 'on';
  }
}
