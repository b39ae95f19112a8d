/** The anchors of a page's headings, as GitHub makes them of Markdown, so that links work there and on the site. */
export class HeadingAnchors {
  readonly #times = new Map<string, number>();

  /** Of the next heading of the page. @param text without marks such as backquotes */
  next(text: string): string {
    const base = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const times = this.#times.get(base) ?? 0;
    this.#times.set(base, times + 1);
    return times === 0 ? base : `${base}-${times}`;
  }
}
