import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import type { Ended } from '../support/house.js';

/** Rescue for every owner; the installer, which erases disks, only for alice. */
const POLICY = `rules:
  - allow: [status, watch, log, console, poweroff, normal]
    roles: [owner]
  - allow: [rescue]
    customers: [alice]
  - allow: [rescue]
    roles: [owner]
    profiles: [rescue]
  - deny: [rescue]
    roles: [owner]
    reason: Ask us to install anew.
`;

/**
 * Adds an installer profile like debian-installer's. The simulated one prints what it would install, and
 * gives a shell.
 */
function addInstaller(file: string): void {
  const text = readFileSync(file, 'utf8');
  const path = (key: string): string =>
    new RegExp(`^ +${key}: (.*)$`, 'm').exec(text)?.[1] ?? assert.fail(key);
  const installer = `  debian-installer:
    title: Debian installer
    kind: direct
    kernel: ${path('kernel')}
    ramdisk: ${path('ramdisk')}
    extra: auto=true priority=critical install-suite=\${install-suite} url=\${preseed} hostname=\${domain} -- quiet
    parameters:
      install-suite:
        title: suite
        values: [bookworm, trixie]
      preseed:
        title: preseed file
        pattern: https?://[a-z0-9.-]+/[A-Za-z0-9._/-]*
        default: http://deb.example.net/preseed.cfg
    disks: Everything on your disk is erased.
`;
  writeFileSync(file, text.replace('profiles:\n', `profiles:\n${installer}`));
}

describe('an installer with parameters', () => {
  let house: House;
  before(async () => {
    house = await House.layOut({ policy: POLICY });
    addInstaller(house.layout.dom0Settings);
    await house.startDom0();
    await house.startGate();
  });
  after(() => house.stop());

  const profile = async (): Promise<string> => {
    const { stdout } = await house.ssh('alice', 'horatio status --json');
    return (JSON.parse(stdout) as { profile: string }).profile;
  };
  /** Waits until the host itself reports this state now, with no operation running. */
  const shows = (wanted: string): Promise<unknown> =>
    eventually(`horatio to show ${wanted}`, async () => {
      const { stdout } = await house.ssh('alice', 'horatio status --json');
      const seen = JSON.parse(stdout) as { profile: string; reachable: boolean; operation: object | null };
      return seen.reachable && seen.operation === null && seen.profile === wanted;
    });
  const done = async (asked: Promise<Ended>): Promise<string> => {
    const { status, stdout, stderr } = await asked;
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  };

  it('is refused while its suite is not set: in plain words to the customer, with the command in the log', async () => {
    const refused = await house.ssh('alice', 'horatio rescue debian-installer --yes');
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, /This is not set up for horatio yet: suite\. Please ask us to set it\./);
    const audit = await done(house.postern('audit', '--json'));
    assert.match(audit, /postern domain set horatio install-suite=…, one of bookworm, trixie/);
    assert.doesNotMatch(house.xlByHand('list').stdout, /horatio/);
  });

  it('boots with what an admin has set, by a command', async () => {
    const shown = await done(house.postern('domain', 'show', 'horatio'));
    assert.match(shown, /xen1 +debian-installer +install-suite +bookworm, trixie +must be set\n/);
    const odd = await house.postern('domain', 'set', 'horatio', 'install-suite=potato');
    assert.match(odd.stderr, /^note: debian-installer on xen1 does not take potato for install-suite/);
    const set = await house.postern('domain', 'set', 'horatio', 'install-suite=bookworm');
    assert.deepEqual([set.status, set.stderr], [0, '']);
    await done(house.ssh('alice', 'horatio rescue debian-installer --yes --wait'));
    assert.equal(await profile(), 'debian-installer');
    const { stdout } = house.xlByHand('list', '-l', 'horatio');
    assert.match(
      stdout,
      /install-suite=bookworm url=http:\/\/deb\.example\.net\/preseed\.cfg hostname=horatio -- quiet/,
    );
    const audit = await done(house.postern('audit', '--json'));
    assert.match(
      audit,
      /"parameters":\{"install-suite":"bookworm","preseed":"http:\/\/deb\.example\.net\/preseed\.cfg"\}/,
    );
    assert.match(audit, /"domain\.parameter\.set"/);
    assert.equal((await house.postern('audit', 'verify')).status, 0);
  });

  it('is the installer still after a reboot from inside, and after a dom0 half that was killed', async () => {
    const alice = house.terminal('alice', 'horatio console');
    await alice.sees('#');
    const received = alice.raw.length;
    alice.type('reboot\r');
    await eventually('the guest to boot again', () =>
      alice.raw.slice(received).includes('install Debian bookworm'),
    );
    await shows('debian-installer');
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
    await house.endDom0('SIGKILL');
    await house.startDom0();
    await shows('debian-installer');
    await done(house.ssh('alice', 'horatio poweroff --yes --wait'));
    assert.equal(await profile(), 'normal');
  });

  it('is chosen from the menu, which says what will be installed before the name is typed', async () => {
    assert.equal((await house.postern('domain', 'set', 'horatio', 'install-suite=trixie')).status, 0);
    const alice = house.terminal('alice', '', { ssh: ['-l', 'horatio'] });
    await alice.sees(/6\W+[Rr]escue/);
    alice.type('6');
    await alice.sees('Debian installer');
    await alice.sees('Everything on your disk is erased.');
    alice.type('1');
    await alice.sees('With suite: trixie; preseed file: http://deb.example.net/preseed.cfg');
    alice.type('horatio\r');
    await alice.receives(/This would install Debian trixie[^]*\/root #/);
    alice.type('cat /proc/cmdline\r');
    await alice.receives(/priority=critical install-suite=trixie [^]*hostname=horatio/);
    alice.type('\x1d.');
    await alice.sees('debian-installer');
    alice.type('q');
    assert.equal(await alice.ends(), 0);
    await shows('debian-installer');
    await done(house.ssh('alice', 'horatio poweroff --yes --wait'));
  });

  it('is not for who may only rescue, by command and in the menu', async () => {
    assert.equal((await house.postern('domain', 'set', 'yorick', 'install-suite=trixie')).status, 0);
    const no = await house.ssh('bob', 'yorick rescue debian-installer --yes');
    assert.equal(no.status, 3);
    assert.match(no.stderr, /Ask us to install anew\./);
    const bob = house.terminal('bob', '', { ssh: ['-l', 'yorick'] });
    await bob.sees(/6\W+[Rr]escue/);
    bob.type('6');
    await bob.sees(/Debian installer\s+\W+\s+Ask us to install anew\./);
    bob.type('1');
    await bob.sees(/Ask us to install anew\./);
    assert.doesNotMatch(bob.screen, /Type yorick/);
    bob.kill();
    await done(house.ssh('bob', 'yorick rescue rescue --yes --wait'));
    assert.match(house.xlByHand('list', '-l', 'yorick').stdout, /console=hvc0 rescue/);
  });
});
