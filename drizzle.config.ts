/** For drizzle-kit only: `npx drizzle-kit generate --name what_changes` writes the next migration. */
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './drizzle/postgres-tables.ts',
  out: './drizzle/migrations/postgres',
});
