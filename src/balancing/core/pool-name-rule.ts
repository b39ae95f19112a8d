/** The rule for pool names. */
export const MAX_POOL_NAME = 63;
const NAME = new RegExp(`^[a-z0-9][a-z0-9_-]{0,${MAX_POOL_NAME - 1}}$`);

export const POOL_NAME_RULE = `1 to ${MAX_POOL_NAME} lower-case letters, digits, dashes and underscores, the first a letter or digit`;

export function isPoolName(text: string): boolean {
  return NAME.test(text);
}
