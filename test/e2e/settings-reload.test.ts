import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';

/** systemctl reload sends SIGHUP when `postern dom0 --check` has found nothing. */
describe('a reload of dom0.yaml', () => {
  let house: House;
  let sound: string;

  beforeEach(async () => {
    house = await House.start({ domains: [{ name: 'horatio' }, { name: 'ophelia' }] });
    sound = readFileSync(house.layout.dom0Settings, 'utf8');
  });
  afterEach(() => house.stop());

  /** How often the half has logged an event. */
  const logged = (event: string): number =>
    readFileSync(house.log('dom0'), 'utf8').split(`"msg":"${event}"`).length - 1;

  async function reload(text: string, event: string): Promise<void> {
    const before = logged(event);
    writeFileSync(house.layout.dom0Settings, text);
    house.signalDom0('SIGHUP');
    await eventually(event, () => logged(event) > before);
  }

  it('offers a new boot profile to who is in a menu, and to the next command', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const menu = house.terminal('alice', 'menu --plain');
    await menu.sees('horatio');
    const refused = await house.ssh('alice', 'horatio rescue second --yes');
    assert.notEqual(refused.status, 0);

    const [, rescue = ''] = /^profiles:\n {2}rescue:\n((?: {4}.*\n)+)/m.exec(sound) ?? [];
    assert.notEqual(rescue, '');
    await reload(sound.replace(/^profiles:\n/m, `profiles:\n  second:\n${rescue}`), 'settings.reloaded');
    assert.equal(logged('settings.wait-for-restart'), 0);
    await eventually(
      'the gate to know it',
      async () => (await house.ssh('alice', 'horatio rescue second --yes --wait')).status === 0,
    );
    assert.match((await house.ssh('alice', 'horatio status')).stdout, /second/);
    // The page is printed once, and may still show the operation.
    const again = { everyMs: 500, instead: () => menu.screen };
    await eventually(
      'the menu to show it',
      () => {
        menu.type('1\rb\r');
        return menu.history.includes('second');
      },
      again,
    );
  });

  it('ends the console of a domain that is unmanaged now, and gives it back with its log', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const console = house.terminal('alice', 'horatio console');
    console.type('\r');
    await console.sees('login:');
    await reload(`${sound}unmanaged: [horatio]\n`, 'settings.reloaded');
    await console.ends();
    const gone = async (): Promise<boolean> => (await house.ssh('alice', 'horatio screen')).status !== 0;
    await eventually('horatio to be out of reach', gone);
    await reload(sound, 'settings.reloaded');
    await eventually('horatio to be back', async () =>
      /horatio +running/.test((await house.ssh('alice', 'list')).stdout),
    );
    // Until the host tells of it again, a gate may show it as it was.
    await eventually('its log', async () => /login:/.test((await house.ssh('alice', 'horatio log')).stdout));
  });

  it('keeps the settings of before when the file has errors, and names what waits for a restart', async () => {
    await reload(`${sound}limits: {powerOffsPerMinute: none}\n`, 'settings.refused');
    const writable = `${sound.replace(/^profiles:\n/m, 'profiles:\n  disk: {title: A disk, disks: They stay., kind: disk, disk: "file:/srv/rescue.img,xvda,w", kernel: /srv/pvgrub}\n')}`;
    writeFileSync(house.layout.dom0Settings, writable);
    const said = await house.dom0Check();
    assert.equal(said.status, 2);
    assert.match(said.stderr, /cannot be used: the rescue disk of profile disk must be read-only/);
    await reload(writable, 'settings.refused');
    assert.equal((await house.ssh('alice', 'horatio rescue disk --yes')).status, 3);
    await reload(`${sound}deadlines: {createSeconds: 33}\n`, 'settings.wait-for-restart');
    assert.match(readFileSync(house.log('dom0'), 'utf8'), /"settings":\["deadlines"\]/);
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
});
