import { embeddedDatabase } from '../support/test-database.ts';
import { fleetStoreContract } from './fleet-store.contract.ts';

const database = embeddedDatabase();

fleetStoreContract(() => database().fleet);
