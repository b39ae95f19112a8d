import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../src/backends/backend-table.ts';
import { unavailableReason } from '../../../src/backends/availability.ts';
import { Circuits } from '../../../src/breaker/circuits.ts';
import { CIRCUIT } from '../../support/pool-settings.ts';

function newBackend() {
  const table = new BackendTable(allocateBackendTable(1));
  table.occupy(0, 1, true);
  const circuits = new Circuits(table, new BackendRow(table, 0), () => 0.5);
  const reason = (nowMs = 0, circuit = CIRCUIT) => unavailableReason(table, 0, circuit, nowMs);
  const trip = () => {
    for (let failure = 0; failure < 5; failure += 1) circuits.failed(0, circuits.admit(0, CIRCUIT, 0), CIRCUIT, 0);
  };
  return { table, circuits, reason, trip };
}

describe('a backend is', () => {
  it('available when it is new, of unknown health', () => assert.equal(newBackend().reason(), null));

  it('available when a probe found it up', () => {
    const { table, reason } = newBackend();
    table.setHealth(0, 'up');
    assert.equal(reason(), null);
  });

  it('disabled', () => {
    const { table, reason } = newBackend();
    table.setEnabled(0, false);
    assert.equal(reason(), 'disabled');
    table.setEnabled(0, true);
    assert.equal(reason(), null);
  });

  it('draining', () => {
    const { table, reason } = newBackend();
    table.setDraining(0, true);
    assert.equal(reason(), 'draining');
  });

  it('unhealthy when a probe found it down', () => {
    const { table, reason } = newBackend();
    table.setHealth(0, 'down');
    assert.equal(reason(), 'unhealthy');
  });

  it('ejected until its time is up', () => {
    const { table, reason } = newBackend();
    table.setEjectedUntil(0, 1000);
    assert.equal(reason(999), 'ejected');
    assert.equal(reason(1000), null);
  });

  it('behind a circuit that an operator opened until its time is up, also where circuits are off', () => {
    const { circuits, reason } = newBackend();
    circuits.forceOpen(0, 1000);
    for (const circuit of [CIRCUIT, { ...CIRCUIT, enabled: false }]) {
      assert.equal(reason(999, circuit), 'circuit_open');
      assert.equal(reason(1000, circuit), null);
    }
  });

  it('behind an open circuit until its time is up', () => {
    const { reason, trip } = newBackend();
    trip();
    assert.equal(reason(9999), 'circuit_open');
    assert.equal(reason(10_000), null);
  });

  it('behind a half-open circuit while all trials are taken', () => {
    const { circuits, reason, trip } = newBackend();
    trip();
    const passes = [1, 2, 3].map(() => circuits.admit(0, CIRCUIT, 10_000));
    assert.equal(reason(10_000), 'circuit_open');
    circuits.released(0, passes[0]!);
    assert.equal(reason(10_000), null);
  });

  it('available behind an open circuit when the circuit breaker is switched off', () => {
    const { reason, trip } = newBackend();
    trip();
    assert.equal(reason(0, { ...CIRCUIT, enabled: false }), null);
  });

  it('unavailable for the reason that only an operator can end, when there are several', () => {
    const { table, reason, trip } = newBackend();
    trip();
    assert.equal(reason(0), 'circuit_open');
    table.setEjectedUntil(0, 1000);
    assert.equal(reason(0), 'ejected');
    table.setHealth(0, 'down');
    assert.equal(reason(0), 'unhealthy');
    table.setDraining(0, true);
    assert.equal(reason(0), 'draining');
    table.setEnabled(0, false);
    assert.equal(reason(0), 'disabled');
  });
});
