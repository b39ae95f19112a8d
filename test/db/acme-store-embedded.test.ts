import { embeddedDatabase } from '../support/test-database.ts';
import { acmeStoreContract } from './acme-store.contract.ts';

const database = embeddedDatabase();

acmeStoreContract(() => database().acme);
