/** The badges of README.md, whose links only GitHub resolves: `../../actions` from a file is the repository's page of workflows. */

/** Any page of ours, without them: for the site and the package. */
export function withoutBadges(markdown: string): string {
  return markdown.replaceAll(/^\[!\[[^\]]*\]\(\.\.\/\.\.\/actions\/.*\n\n?/gm, '');
}
