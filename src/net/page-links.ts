/** The Link field of one page of a list (RFC 8288). */

export interface Page {
  readonly limit: number;
  readonly offset: number;
  /** Of all pages. */
  readonly total: number;
}

/** Links to the next and the previous page, keeping the other parameters of `url`; '' if there is neither. */
export function pageLinks(url: string, page: Page): string {
  const to = (offset: number): string => {
    const target = new URL(url, 'http://localhost');
    target.searchParams.set('limit', String(page.limit));
    target.searchParams.set('offset', String(offset));
    return `<${target.pathname}${target.search}>`;
  };
  const links: string[] = [];
  if (page.offset + page.limit < page.total) links.push(`${to(page.offset + page.limit)}; rel="next"`);
  if (page.offset > 0) links.push(`${to(Math.max(0, page.offset - page.limit))}; rel="prev"`);
  return links.join(', ');
}
