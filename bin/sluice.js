#!/usr/bin/env node
import '../scripts/need-node.js';

const { resolveBuilt } = await import('../scripts/built.js');
const { keepCompiled } = await import(resolveBuilt('compile-cache'));
keepCompiled(process.env);
await import(resolveBuilt('main'));
