/** Whether a page may be the answer: an Accept field that names text/html, `text/*` or anything, or none at all. */
export function acceptsHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true;
  return accept
    .split(',')
    .some((range) => /^\s*(?:text\/html|text\/\*|\*\/\*)\s*(?:;(?!\s*q=0(?:\.0*)?\s*$).*)?$/i.test(range));
}
