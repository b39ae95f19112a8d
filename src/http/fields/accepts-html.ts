/** Whether a page may be the answer: an Accept field with text/html, all of text or any type, or no such field. */
export function acceptsHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true;
  return accept
    .split(',')
    .some((range) => /^\s*(?:text\/html|text\/\*|\*\/\*)\s*(?:;(?!\s*q=0(?:\.0*)?\s*$).*)?$/i.test(range));
}
