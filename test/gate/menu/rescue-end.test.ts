import assert from 'node:assert/strict';
import type { BootProfileName } from '../../../policy/names.js';
import { domainView } from '../../support/dom0-stand-in.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { ALLOW_ALL, GateInside } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const RESCUE = 'rescue' as BootProfileName;

describe('a rescue that ends, in a menu session', () => {
  let gate: GateInside;
  let terminal: FakeTerminal;
  beforeEach(async () => {
    gate = new GateInside();
    const profile = { name: RESCUE, title: 'Rescue', disks: 'Kept.', hint: '', parameters: [] };
    gate.dom0.contract = { ...gate.dom0.contract, rescueEnds: true, profiles: [profile] };
    const terms = { defaultSeconds: 28_800, maximumSeconds: 86_400, profiles: [] };
    const everybody = { customers: [], groups: [], roles: [] };
    const place = { file: 'test.yaml', line: 1, column: 1 };
    const scope = { subjects: everybody, domains: { names: [], tags: [] }, place };
    gate.enforce({ ...ALLOW_ALL, rescueTerms: [{ ...terms, ...scope }] });
    await gate.start();
    terminal = new FakeTerminal({ hasPty: false });
  });
  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  const shows = (text: string): Promise<unknown> =>
    eventually(`to show ${text}`, () => terminal.output.includes(text), { instead: () => terminal.output });

  it('is given another length at its question', async () => {
    void gate.menu(gate.alice, terminal).run({ plain: true });
    await shows('horatio');
    terminal.type('1\n6\n1\n');
    await shows('It ends 8 h after its boot.');
    terminal.type('for 2h\nhoratio\n');
    await eventually('the request', () => gate.dom0.requests.length > 0);
    assert.equal(gate.dom0.requests[0]?.forSeconds, 7200);
  });

  it('is given one more hour, and says until when', async () => {
    const { observation } = domainView(HORATIO, 'running');
    gate.dom0.set(HORATIO, 'running', {
      observation: { ...observation, profile: RESCUE },
      rescueEnd: {
        operation: '7e0c1b52-6a51-4d0c-9d8e-2f7f0c6b4a11',
        forSeconds: 7200,
        at: new Date(Date.now() + 3_630_000).toISOString(),
        then: 'normal',
        retryAt: null,
      },
    });
    await eventually('the gate to know', () => gate.core.hosts.find(HORATIO)?.view.rescueEnd);
    void gate.menu(gate.alice, terminal).run({ plain: true });
    await shows('horatio');
    terminal.type('1\n');
    await shows('m. One more hour');
    terminal.type('m\n');
    await shows('UTC, in 2 h');
    assert.deepEqual(
      gate.dom0.extensions.map(({ forSeconds }) => forSeconds),
      [10_800],
    );
  });
});
