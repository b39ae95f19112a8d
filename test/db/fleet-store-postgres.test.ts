import { postgresDatabase } from '../support/test-database.ts';
import { fleetStoreContract } from './fleet-store.contract.ts';

const database = postgresDatabase();

fleetStoreContract(() => database().fleet);
