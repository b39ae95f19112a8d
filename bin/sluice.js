#!/usr/bin/env node
import '../scripts/need-node.js';

const { place } = await import('../scripts/built.js');
const { keepCompiled } = await import(place('compile-cache'));
keepCompiled(process.env);
await import(place('main'));
