/** A Markdown page of the repository as HTML, with the sections that the search finds. */
import { posix } from 'node:path';
import { Marked, type Token, type Tokens } from 'marked';
import { HeadingAnchors } from './heading-anchors.ts';

export interface SiteSection {
  readonly anchor: string;
  readonly heading: string;
  readonly text: string;
}

export interface MarkdownPage {
  readonly title: string;
  readonly html: string;
  readonly sections: readonly SiteSection[];
}

/** @param linkTo the link on the site to a file or folder of the repository, from this page */
export function markdownPage(source: string, text: string, linkTo: (target: string) => string): MarkdownPage {
  const marked = new Marked({ gfm: true });
  const tokens = marked.lexer(text);
  const anchors = new HeadingAnchors();
  const anchorOf = new Map<Token, string>();
  const sections: { anchor: string; heading: string; text: string }[] = [];
  for (const token of tokens) {
    if (token.type === 'heading') {
      const heading = plainText(token);
      const anchor = anchors.next(heading);
      anchorOf.set(token, anchor);
      sections.push({ anchor, heading, text: '' });
    } else if (sections.length > 0) sections.at(-1)!.text += ` ${plainText(token)}`;
  }
  const target = (href: string): string => {
    if (/^[a-z]+:/.test(href) || href.startsWith('#')) return href;
    const [path, anchor] = href.split('#') as [string, string | undefined];
    return linkTo(posix.join(posix.dirname(source), path)) + (anchor === undefined ? '' : `#${anchor}`);
  };
  marked.use({
    renderer: {
      heading(token: Tokens.Heading) {
        const anchor = anchorOf.get(token);
        const inner = this.parser.parseInline(token.tokens);
        if (anchor === undefined) return `<h${token.depth}>${inner}</h${token.depth}>\n`;
        const link = `<a class="anchor" href="#${anchor}" aria-label="Link to this section">#</a>`;
        return `<h${token.depth} id="${anchor}">${inner} ${link}</h${token.depth}>\n`;
      },
    },
  });
  void marked.walkTokens(tokens, (token) => {
    if (token.type === 'link' || token.type === 'image') token['href'] = target(String(token['href']));
  });
  const html = marked
    .parser(tokens)
    .replaceAll('<table>', '<div class="wide"><table>')
    .replaceAll('</table>', '</table></div>');
  return { title: sections[0]?.heading ?? source, html, sections };
}

/** What is read, without marks. */
function plainText(token: Token): string {
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [header, ...rows].map((row) => row.map(({ tokens }) => joined(tokens)).join(' ')).join(' ');
  }
  if (token.type === 'list') return (token as Tokens.List).items.map(({ tokens }) => joined(tokens)).join(' ');
  if (token.type === 'html') return '';
  if ('tokens' in token && token.tokens !== undefined) return joined(token.tokens);
  return 'text' in token ? String(token['text']) : ' ';
}

function joined(tokens: readonly Token[]): string {
  return tokens.map(plainText).join('');
}
