/** `npm run docs:commands`: writes docs/commands.md. */
import { writeFileSync } from 'node:fs';
import { commandOutputs } from './commands/command-outputs.ts';
import { commandsPage } from './commands/commands-page.ts';

const outputs = await commandOutputs();
writeFileSync(new URL('../docs/commands.md', import.meta.url), commandsPage(outputs));
console.log(`docs/commands.md: ${outputs.length} commands`);
