#!/usr/bin/env node
import '../scripts/need-node.js';

const { keepCompiled } = await import('../src/compile-cache.ts');
keepCompiled(process.env);
await import('../src/main.ts');
