import { postgresDatabase } from '../support/test-database.ts';
import { circuitOrderStoreContract } from './circuit-order-store.contract.ts';

const database = postgresDatabase();

circuitOrderStoreContract(() => database().circuitOrders);
