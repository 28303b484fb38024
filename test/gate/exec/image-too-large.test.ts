import assert from 'node:assert/strict';
import type { ImageName } from '../../../policy/names.js';
import type { ImageOffer } from '../../../server/wire/contract.js';
import { eventually } from '../../support/eventually.js';
import { FakeTerminal } from '../../support/fake-terminal.js';
import { GateInside, policyOf, rule } from '../../support/gate-inside.js';
import { domainName } from '../../support/temporary-store.js';

const DEBIAN = 'debian-13' as ImageName;
const HORATIO = domainName('horatio');
const BYTES = 10 * 1024 ** 3;

describe('reinstall by exec, with an image that is larger than the disk', () => {
  let gate: GateInside;
  afterEach(() => gate.stop());

  const start = async (offer: Partial<ImageOffer>): Promise<void> => {
    gate = new GateInside();
    const image = { name: DEBIAN, title: 'Debian 13', minimumMiB: null, ...offer };
    gate.dom0.contract = { ...gate.dom0.contract, images: [image] };
    gate.enforce(policyOf([rule('allow', ['status']), rule('allow', ['reinstall'], { images: [DEBIAN] })]));
    await gate.start();
    gate.dom0.set(HORATIO, 'running', { images: [DEBIAN], firstDisk: { vdev: 'xvda', bytes: BYTES } });
    await eventually('the images', () => gate.core.hosts.find(HORATIO)?.view.images);
  };
  const exec = async (text: string, hasPty: boolean): Promise<readonly [number, string]> => {
    const terminal = new FakeTerminal({ hasPty });
    const status = await gate.exec(gate.alice, text, terminal);
    return [status, terminal.output + terminal.errors];
  };

  for (const [what, offer] of [
    ['by its own size', { needsBytes: BYTES + 1 }],
    ['by what the admin asks for, at an older dom0', { minimumMiB: BYTES / 1024 ** 2 + 1 }],
  ] as const) {
    it(`asks for no name and for nothing: ${what}`, async () => {
      await start(offer);
      for (const [text, hasPty] of [
        ['horatio reinstall debian-13', true],
        ['horatio reinstall debian-13 --erase horatio', false],
      ] as const) {
        const [status, said] = await exec(text, hasPty);
        assert.match(said, /It needs a disk of 10\.1 GiB, and xvda has 10\.0 GiB\./);
        assert.equal(status, 3);
      }
      assert.deepEqual(gate.dom0.requests, []);
    });
  }

  it('is asked for where it just fits, or where nobody knows its size', async () => {
    for (const offer of [{ needsBytes: BYTES }, {}]) {
      await start(offer);
      assert.deepEqual((await exec('horatio reinstall debian-13 --erase horatio', false))[0], 0);
      assert.equal(gate.dom0.requests.length, 1);
      if (offer.needsBytes !== undefined) await gate.stop();
    }
  });
});
