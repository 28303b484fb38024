import assert from 'node:assert/strict';
import type { DomainState } from '../../../policy/domain-state.js';
import type { DomainView } from '../../../server/wire/domain.js';
import { domainView, operationView } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { GateInside } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const OPHELIA = domainName('ophelia');

describe('gate: domains that crash, or boot again and again', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
  });
  afterEach(() => gate.stop());

  let seen = 0;
  /** The host tells of horatio, and the gate has heard it. */
  async function tell(state: DomainState, more: Partial<DomainView> = {}): Promise<void> {
    seen += 1;
    const memoryMiB = 100 + seen;
    gate.dom0.set(HORATIO, state, { ...more, memoryMiB });
    await eventually('the gate to hear', () => gate.core.hosts.find(HORATIO)?.view.memoryMiB === memoryMiB, {
      everyMs: 2,
    });
  }
  const crashed = (since: string): Partial<DomainView> => ({
    observation: { ...domainView(HORATIO, 'crashed').observation, since },
  });
  const loops = (): unknown[] => gate.events('domain.looping').map(({ domain, boots }) => [domain, boots]);
  const life = (cpuSeconds: number): Promise<void> => tell('running', { cpuSeconds });

  it('records a crash once, however often the host tells of it', async () => {
    const since = '2026-11-30T10:00:00.000Z';
    await tell('crashed', crashed(since));
    await tell('crashed', crashed(since));
    assert.deepEqual(gate.events('domain.crashed'), [
      { kind: 'domain.crashed', domain: HORATIO, host: 'one', since },
    ]);
    await tell('running');
    await tell('crashed', crashed('2026-11-30T11:00:00.000Z'));
    assert.equal(gate.events('domain.crashed').length, 2);
  });

  it('does not record a crash again that an earlier gate has recorded', async () => {
    const since = '2026-11-30T10:00:00.000Z';
    gate.store.audit.append({ kind: 'domain.crashed', domain: HORATIO, host: 'one', since });
    gate.store.audit.append({ kind: 'domain.crashed', domain: OPHELIA, host: 'one', since });
    await tell('crashed', crashed(since));
    assert.equal(gate.events('domain.crashed').length, 2);
  });

  it('records a loop at the fourth boot that nobody asked for, and once', async () => {
    await life(9);
    for (let boots = 1; boots <= 3; boots += 1) {
      await life(boots / 10);
      await life(5);
    }
    assert.deepEqual(loops(), []);
    await life(0.1);
    assert.deepEqual(loops(), [[HORATIO, 4]]);
    await life(0.01);
    assert.equal(loops().length, 1);
  });

  it('sees a boot also by the states between two lives, and by another UUID', async () => {
    const uuid = (digit: number): Partial<DomainView> => ({
      incarnation: `00000000-0000-4000-8000-00000000000${digit}`,
    });
    await tell('running', uuid(1));
    await tell('rebooting', uuid(1));
    await tell('running', uuid(1));
    await tell('off', { incarnation: null });
    await tell('running', uuid(2));
    await tell('crashed', uuid(2));
    await tell('running', uuid(2));
    assert.deepEqual(loops(), []);
    await tell('running', uuid(3));
    assert.deepEqual(loops(), [[HORATIO, 4]]);
  });

  it('does not count boots of operations, nor a look at an unknown state', async () => {
    const operation = operationView({
      id: '0d7c5d60-0000-4000-8000-000000000001',
      domain: HORATIO,
      verb: 'reboot',
      profile: null,
      actor: {
        customer: gate.alice.customer,
        fingerprint: gate.alice.fingerprint,
        source: '',
        auditSeq: 1,
        auditHash: '',
      },
    });
    for (let boots = 0; boots < 6; boots += 1) {
      await tell('running', { cpuSeconds: 9, operation });
      await tell('running', { cpuSeconds: 0.1, operation });
      await tell('running', { cpuSeconds: 0.2 });
      await tell('unknown', { cpuSeconds: 0 });
      await tell('running', { cpuSeconds: 0.3 });
    }
    assert.deepEqual(loops(), []);
  });
});
