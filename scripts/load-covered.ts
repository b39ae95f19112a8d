/** Preloaded by the unit suite: a module that no test loads would be missing from the coverage instead of at 0 %. */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

for (const file of globSync('src/{core,state}/**/*.ts')) await import(pathToFileURL(resolve(file)).href);
