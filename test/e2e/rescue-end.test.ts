import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

describe('a rescue that ends', () => {
  let house: House;
  before(async () => {
    house = await House.start({
      profiles: ({ rescueKernel, rescueRamdisk, xorriso, xenstoreRead }) => `  short:
    title: A rescue that is ended by force
    kind: direct
    kernel: ${rescueKernel}
    ramdisk: ${rescueRamdisk}
    extra: console=hvc0 rescue
    disks: Your disks stay as they are.
    atEnd: reset
    seed: asker
seeds:
  command: ${xorriso}
  xenstoreRead: ${xenstoreRead}
`,
    });
  });
  after(() => house.stop());

  interface Status {
    readonly profile: string;
    readonly endsAt: string | null;
    readonly rescueHostKey: string | null;
    readonly operation: unknown;
  }

  const status = async (): Promise<Status> => {
    const { stdout } = await house.ssh('alice', 'horatio status --json');
    return JSON.parse(stdout) as Status;
  };

  it('is shown, is given more time, ends by itself, and is recorded', async () => {
    const begun = await house.ssh('alice', 'horatio rescue short --for 1h --yes --wait');
    assert.equal(begun.status, 0, begun.stderr);
    assert.match(begun.stdout + begun.stderr, /The rescue ends 1 h after its boot\./);
    await eventually('the end to be shown', async () => {
      const { profile, endsAt, operation } = await status();
      return profile === 'short' && endsAt !== null && operation === null;
    });
    // What the rescue system says on its console stands in the menu too, for whoever logs in to it by SSH.
    await eventually('its host key, on the console and in the status', async () => {
      const { rescueHostKey } = await status();
      const { stdout } = await house.ssh('alice', 'horatio log --lines 200');
      return rescueHostKey !== null && stdout.includes(`SSH host key ${rescueHostKey} (ED25519)`);
    });
    const more = await house.ssh('alice', 'horatio extend --for 2h');
    assert.equal(more.status, 0, more.stderr);
    // Three hours from its boot, which was a moment ago or, on a busy machine, some minutes.
    assert.match(more.stdout, /^The rescue of horatio ends at .* UTC, in (3 h|2 h 5\d min)\.\n$/);
    const tooLong = await house.ssh('alice', 'horatio extend --for 22h');
    assert.equal(tooLong.status, 3);
    assert.match(tooLong.stderr, /a rescue lasts at most 1 d here/);

    const short = await house.ssh('alice', 'horatio rescue short --for 1s --yes');
    assert.equal(short.status, 0, short.stderr);
    await eventually(
      'its own boot again, and the record of it',
      async () => {
        const { profile, endsAt, rescueHostKey, operation } = await status();
        assert.ok(profile !== 'normal' || rescueHostKey === null, 'its own system is no rescue system');
        const { stdout: audit } = await house.postern('audit', '--json');
        const recorded = audit.includes('"kind":"rescue.ended"') && audit.includes('"outcome":"done"');
        return profile === 'normal' && endsAt === null && operation === null && recorded;
      },
      { everyMs: 500 },
    );
  });
});
