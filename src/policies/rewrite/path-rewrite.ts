/** How a route changes paths before backends get them: a new prefix, a new path, or an expression's match replaced. */
import { Template, type TemplateValues } from '../../core/template.ts';
import { LinearExpression } from '../../net/linear-expression.ts';
import { forwardTarget } from '../../routing/request-path.ts';
import { asUrlPart } from '../url-values.ts';

/** As settings have them: exactly one of prefix, path and regex is set. */
export interface RewriteSettings {
  readonly prefix: string | null;
  readonly path: string | null;
  readonly regex: string | null;
  /** With regex. */
  readonly to: string | null;
}

export interface PathRewrite {
  /** Says nothing about whether the result may be sent. @param path as received, or another form of it; no query */
  rewritten(path: string, values: TemplateValues): string;
}

/** @param pathPrefix of the route */
export function pathRewrite({ prefix, path, regex, to }: RewriteSettings, pathPrefix: string): PathRewrite {
  if (regex !== null) return new MatchRewrite(new LinearExpression(regex), new Template(to ?? ''));
  return path === null ? new PrefixRewrite(pathPrefix, prefix ?? '/') : new WholeRewrite(new Template(path));
}

class PrefixRewrite implements PathRewrite {
  readonly #old: string;
  readonly #new: string;

  constructor(old: string, by: string) {
    this.#old = old;
    this.#new = by.endsWith('/') ? by.slice(0, -1) : by;
  }

  /** As with a backend's base path: the prefix alone becomes the new prefix alone. */
  rewritten(path: string): string {
    return forwardTarget(path, this.#old, this.#new);
  }
}

class WholeRewrite implements PathRewrite {
  readonly #template: Template;

  constructor(template: Template) {
    this.#template = template;
  }

  rewritten(_path: string, values: TemplateValues): string {
    return this.#template.fill(values, asUrlPart);
  }
}

class MatchRewrite implements PathRewrite {
  readonly #expression: LinearExpression;
  readonly #template: Template;

  constructor(expression: LinearExpression, template: Template) {
    this.#expression = expression;
    this.#template = template;
  }

  /** The groups are those of this expression, not of the route's. */
  rewritten(path: string, values: TemplateValues): string {
    const replaced = this.#expression.replaceFirst(path, (groups) =>
      this.#template.fill(
        {
          valueOf: (placeholder, argument) =>
            placeholder === 'group' ? groups[Number(argument)] : values.valueOf(placeholder, argument),
        },
        asUrlPart,
      ),
    );
    return replaced ?? path;
  }
}
