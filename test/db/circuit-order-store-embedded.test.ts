import { embeddedDatabase } from '../support/test-database.ts';
import { circuitOrderStoreContract } from './circuit-order-store.contract.ts';

const database = embeddedDatabase();

circuitOrderStoreContract(() => database().circuitOrders);
