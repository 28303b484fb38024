import assert from 'node:assert/strict';
import { pageText } from '../../../menus/plain-text.js';
import { view } from '../../../menus/view.js';
import { GUEST_TYPES } from '../../../policy/guest-type.js';
import type { BootProfileName } from '../../../policy/names.js';
import { OwnDomains } from '../../../server/gate/customer/own-domains.js';
import type { MenuDomain } from '../../../menus/menu-domain.js';
import { domainLines, domainObject } from '../../../server/gate/exec/domain-report.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside } from '../../support/gate-inside.js';
import { MenuDriver } from '../../support/menu-driver.js';
import { domain, NOW } from '../../support/menu-samples.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const NO_CONSOLE = 'It has no text console: its file has no `serial`.';

describe('the type of a customer’s server', () => {
  it('stands in the menus and in the status', () => {
    for (const type of GUEST_TYPES) {
      const shown = domain('horatio', { type });
      const word = type.toUpperCase();
      for (const columns of [80, 40]) {
        const { state } = new MenuDriver({ domains: [shown], now: NOW, columns, rows: 24 });
        const frame = view(state).lines.map((line) => line.map(({ text }) => text).join(''));
        assert.ok(
          frame.some((line) => line.includes(columns === 80 ? `Type ${word}` : ` ${word} `)),
          `${columns}: ${frame.join('\n')}`,
        );
        assert.ok(pageText(state).some((line) => line.includes(`, Type ${word}`)));
      }
      assert.match(domainLines(shown, NOW)[0] ?? '', new RegExp(`, boot normal, type ${word}\\.$`));
      assert.equal((domainObject(shown) as MenuDomain).type, type);
    }
  });

  it('is not there while it is not known, as from an older dom0', () => {
    const shown = domain('horatio', { type: null });
    const { state } = new MenuDriver({ domains: [shown], now: NOW, columns: 80, rows: 24 });
    const frame = view(state).lines.flatMap((line) => line.map(({ text }) => text));
    assert.ok(!frame.join('').includes('Type'));
    assert.match(domainLines(shown, NOW)[0] ?? '', /, boot normal\.$/);
  });
});

describe('a server of a type that cannot do everything', () => {
  let gate: GateInside;
  beforeEach(async () => {
    gate = new GateInside();
    await gate.start();
  });
  afterEach(() => gate.stop());

  const own = (): MenuDomain => {
    const found = new OwnDomains(gate.core.ownDomains, gate.alice)
      .list()
      .find(({ name }) => name === HORATIO);
    if (found === undefined) assert.fail('it is not hers');
    return found;
  };
  const set = async (more: Parameters<typeof gate.dom0.set>[2]): Promise<void> => {
    gate.dom0.set(HORATIO, 'running', more);
    await eventually('the type', () => {
      const { type, textConsole } = gate.core.hosts.find(HORATIO)?.view ?? {};
      return type === more?.type && textConsole === more?.textConsole;
    });
  };
  const exec = async (command: string): Promise<{ status: number; errors: string }> => {
    const terminal = new FakeTerminal({ hasPty: false });
    return { status: await gate.exec(gate.alice, command, terminal), errors: terminal.errors };
  };

  it('has no console to choose where it has no text console, and says why', async () => {
    await set({ type: 'hvm', textConsole: false });
    const { offers, textConsole } = own();
    assert.equal(textConsole, false);
    for (const action of ['console', 'watch', 'takeover'] as const)
      assert.deepEqual(
        offers[action],
        { offered: false, code: 'not-on-this-host', reason: NO_CONSOLE },
        action,
      );
    for (const action of ['log', 'reboot', 'shutdown', 'poweroff'] as const)
      assert.ok(offers[action].offered, action);
    assert.ok(domainLines(own(), Date.now()).includes(NO_CONSOLE));
    await set({ type: 'hvm', textConsole: true });
    assert.ok(own().offers.console.offered);
  });

  it('hears which types a profile is for, when it is not for its own', async () => {
    const name = (text: string): BootProfileName => text as BootProfileName;
    const words = { title: 't', disks: 'd.', hint: '', parameters: [] };
    gate.dom0.contract = {
      ...gate.dom0.contract,
      profiles: [
        { name: name('rescue'), ...words, types: ['pv', 'pvh'] },
        { name: name('cd'), ...words, types: ['hvm'] },
      ],
    };
    gate.dom0.set(HORATIO, 'running', { type: 'hvm', profiles: [name('cd')] });
    await gate.dom0.stop();
    await gate.dom0.start();
    await eventually(
      'the new contract',
      () => gate.core.hosts.links[0]?.contract?.profiles.length === 2 && gate.core.hosts.areAllReachable,
    );
    assert.deepEqual(
      own().profiles.map((profile) => profile.name),
      ['cd'],
    );
    const no = await exec('horatio rescue rescue --yes');
    assert.equal(no.status, 3);
    assert.match(no.errors, /^horatio is HVM, and the boot profile rescue is for PV and PVH only\./m);
    assert.match((await exec('horatio rescue windows --yes')).errors, /Known: cd\./);
    assert.deepEqual(gate.dom0.requests, []);
  });
});
