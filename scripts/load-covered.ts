/** Preloaded by the unit suite: a module that no test loads would be missing from the coverage instead of at 0 %. */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { COVERED } from './covered.ts';

for (const file of globSync(COVERED)) await import(pathToFileURL(resolve(file)).href);
