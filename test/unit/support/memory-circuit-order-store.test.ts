import { MemoryCircuitOrderStore } from '../../support/memory-circuit-order-store.ts';
import { circuitOrderStoreContract } from '../../db/circuit-order-store.contract.ts';

const store = new MemoryCircuitOrderStore();
circuitOrderStoreContract(() => store);
