import { readVariable, type Environment } from './read-variable.ts';

export interface Interpolated {
  readonly text: string;
  /** Every variable used, in order. */
  readonly variables: readonly string[];
  /** The whole text is one `${…}`: it may be a number or a boolean. */
  readonly isWhole: boolean;
  /** One sentence for each variable that cannot be substituted. Names only: values may be secret. */
  readonly mistakes: readonly string[];
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Substitutes environment variables in a text: `${NAME}`, and `${NAME:-default}` for one that is not set or empty, as a
 * shell does. `$${` is a plain `${`. The value of a variable is not parsed again, so it cannot bring in YAML or another
 * variable. `mayUse`: whether a variable is allowed, set or not.
 */
export function interpolate(
  text: string,
  environment: Environment,
  mayUse: (variable: string) => boolean = () => true,
): Interpolated {
  const variables: string[] = [];
  const mistakes: string[] = [];
  const expanded = text.replace(REFERENCE, (all: string, inside: string | undefined, close: string | undefined) => {
    if (inside === undefined) return '${';
    const [, name, fallback] = NAME.exec(inside) ?? [];
    if (name === undefined || close === '') {
      mistakes.push('malformed variable; allowed: ${NAME}, ${NAME:-default}, and $${ for a plain ${');
      return all;
    }
    variables.push(name);
    if (!mayUse(name)) {
      mistakes.push(`the current file does not use the variable ${name} here, so text sent to the API cannot`);
      return all;
    }
    const { value, mistake } = readVariable(environment, name);
    if (mistake !== undefined) {
      mistakes.push(mistake);
      return '';
    }
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined)
      mistakes.push(
        `the environment variable ${name} is not set; give it or ${name}_FILE, or write \${${name}:-default}`,
      );
    return value ?? '';
  });
  const isWhole = variables.length === 1 && /^\$\{[^}]*\}$/.test(text);
  return { text: expanded, variables, isWhole, mistakes };
}
