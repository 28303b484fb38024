import assert from 'node:assert/strict';
import type { ImageName } from '../../../policy/names.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const HORATIO = domainName('horatio');
const DEBIAN = 'debian-13' as ImageName;
const OTHER = 'debian-12' as ImageName;

describe('a reinstallation, in a menu session', () => {
  let gate: GateInside;
  let terminal: FakeTerminal;
  beforeEach(async () => {
    gate = new GateInside();
    gate.dom0.contract = {
      ...gate.dom0.contract,
      verbs: [...new Set([...gate.dom0.contract.verbs, 'reinstall' as const])],
      images: [
        { name: DEBIAN, title: 'Debian 13', minimumMiB: 2048, seed: 'asker' },
        { name: OTHER, title: 'Debian 12', minimumMiB: null },
      ],
    };
    const named = rule('allow', ['reinstall'], { images: [DEBIAN] });
    gate.enforce(policyOf([rule('allow', ['status', 'console']), named]));
    await gate.start();
    gate.dom0.set(HORATIO, 'running', {
      images: [DEBIAN, OTHER],
      firstDisk: { vdev: 'xvda', bytes: 10 * 1024 ** 3 },
    });
    await eventually('the images', () => gate.core.hosts.find(HORATIO)?.view.images);
    terminal = new FakeTerminal({ hasPty: false });
  });
  afterEach(async () => {
    terminal.hangUp();
    await gate.stop();
  });

  const shows = (text: string): Promise<unknown> =>
    eventually(`to show ${text}`, () => terminal.output.includes(text), { instead: () => terminal.output });

  it('says what is lost and whose keys come in, and asks dom0 after the typed name', async () => {
    void gate.menu(gate.alice, terminal).run({ plain: true });
    await shows('horatio');
    terminal.type('1\ni\n1\n');
    await shows('All data on xvda (10.0 GiB) of horatio is lost for ever.');
    await shows('For a disk of at least 2.0 GiB. Your SSH keys may log in to it, where it runs SSH.');
    await shows('Its name, or an empty line not to: ');
    assert.equal(gate.dom0.requests.length, 0);
    terminal.type('horatio\n');
    await eventually('the request', () => gate.dom0.requests.length > 0);
    const [request] = gate.dom0.requests;
    assert.deepEqual([request?.verb, request?.image, request?.profile], ['reinstall', DEBIAN, null]);
  });

  it('marks an image that is larger than the disk, and asks for nothing', async () => {
    gate.dom0.set(HORATIO, 'running', { images: [DEBIAN], firstDisk: { vdev: 'xvda', bytes: 1024 ** 3 } });
    await eventually('the size', () => gate.core.hosts.find(HORATIO)?.view.firstDisk?.bytes === 1024 ** 3);
    void gate.menu(gate.alice, terminal).run({ plain: true });
    await shows('horatio');
    terminal.type('1\ni\n');
    await shows('1. Debian 13 (not now: It needs a disk of 2.0 GiB, and xvda has 1.0 GiB.');
    // The name is no answer here: it opens the server's page. The last word tells when all was read.
    terminal.type('1\nhoratio\nelsinore\n');
    await shows('There is no such choice.');
    assert.deepEqual(gate.dom0.requests, []);
  });

  it('marks an image that no rule allows, and asks for nothing', async () => {
    void gate.menu(gate.alice, terminal).run({ plain: true });
    await shows('horatio');
    terminal.type('1\ni\n');
    await shows('2. Debian 12 (not now: ');
    // The name is no answer here: it opens the server's page. The last word tells when all was read.
    terminal.type('2\nhoratio\nelsinore\n');
    await shows('There is no such choice.');
    assert.deepEqual(gate.dom0.requests, []);
  });
});
