#!/usr/bin/env node
import '../scripts/need-node.js';

await import('../src/main.ts');
