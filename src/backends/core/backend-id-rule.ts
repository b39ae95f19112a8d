/** The rule for ids of backends, in logs, metrics, paths of the API and file names. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export const BACKEND_ID_RULE =
  '1 to 128 letters, digits, dots, colons, dashes and underscores, the first a letter or digit';

export function isBackendId(text: string): boolean {
  return ID.test(text);
}
