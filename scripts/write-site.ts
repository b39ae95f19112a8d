/** `npm run site`: the documentation as HTML in site/, or in the folder that is given. */
import { resolve } from 'node:path';
import { buildSite } from './site/build-site.ts';

const folder = resolve(process.argv[2] ?? 'site');
const pages = buildSite(folder);
console.log(`${pages.length} pages; open ${folder}/index.html`);
