import assert from 'node:assert/strict';
import { currentPage } from '../../menus/state.js';
import { view } from '../../menus/view.js';
import type { MenuDomain } from '../../menus/menu-domain.js';
import { MenuDriver } from '../support/menu-driver.js';
import {
  IMAGES,
  PROFILES,
  REINSTALLABLE,
  domain,
  domainName,
  imageName,
  offers,
  operation,
  profileName,
  refused,
} from '../support/menu-samples.js';

const HORATIO = domainName('horatio');
const NAME = Array.from('horatio');
const IMAGE = imageName('debian-13');

function one(some: Partial<MenuDomain> = {}): MenuDriver {
  return new MenuDriver({ domains: [domain('horatio', { ...REINSTALLABLE, offers: offers(), ...some })] });
}

function text(driver: MenuDriver): string {
  return view(driver.state)
    .lines.map((line) => line.map((run) => run.text).join(''))
    .join('\n')
    .replaceAll(/[\s│]+/g, ' ');
}

const writing = operation('reinstall', {
  step: 'writing',
  profile: IMAGE,
  deadlineAt: null,
  progress: { done: 300 * 1024 ** 2, total: 2 * 1024 ** 3, secondsLeft: 44 },
});

describe('a reinstallation, in the menu', () => {
  it('is not offered where the host has no image for the server', () => {
    const without = new MenuDriver({ domains: [domain('horatio', { offers: offers() })] });
    assert.doesNotMatch(text(without), /Reinstall/);
    without.press('i');
    assert.equal(currentPage(without.state).page, 'domain');
    assert.deepEqual(without.effects, []);
    assert.match(text(one()), /i Reinstall erase its disk/);
  });

  it('is asked for only after the image and the typed name, and leads to the console', () => {
    const driver = one().press('i', '1');
    assert.deepEqual(driver.effects, []);
    assert.match(text(driver), /All data on xvda \(10\.0 GiB\) of horatio is lost for ever\./);
    assert.match(text(driver), /Do you only need to repair it\? Choose 6 Rescue boot instead/);
    assert.match(text(driver), /Debian 13 \(trixie\): For a disk of at least 4\.0 GiB\. Your SSH keys may/);
    driver.press('y', 'enter').type('ophelia').press('enter');
    assert.deepEqual(driver.effects, []);
    driver.press(...NAME, 'enter');
    assert.deepEqual(driver.taken(), [
      { effect: 'operate', action: 'reinstall', domain: HORATIO, profile: IMAGE },
    ]);
    assert.equal(currentPage(driver.state).page, 'domain');
    driver.tell({ fact: 'accepted', domain: HORATIO, action: 'reinstall' });
    const at = (step: string): void => {
      const under = operation('reinstall', { step, profile: IMAGE });
      const domains = [domain('horatio', { ...REINSTALLABLE, operation: under, offers: offers() })];
      driver.tell({ fact: 'domains', domains });
    };
    at('creating');
    assert.deepEqual(driver.taken(), []);
    at('unpausing');
    assert.deepEqual(driver.taken(), [{ effect: 'console', domain: HORATIO, mode: 'write', boot: true }]);
  });

  it('does not lead to the console where a program types', () => {
    const domains = [domain('horatio', { ...REINSTALLABLE, offers: offers() })];
    const driver = new MenuDriver({ domains, followsStart: false }).press('i', '1', ...NAME, 'enter');
    driver.taken();
    driver.tell({ fact: 'accepted', domain: HORATIO, action: 'reinstall' });
    assert.equal(driver.state.follow, null);
  });

  it('offers rescue only to those who may', () => {
    const no = one({ offers: offers({ rescue: refused('No.') }) }).press('i');
    assert.doesNotMatch(text(no), /repair/);
    assert.doesNotMatch(text(no.press('1')), /repair/);
    const none = one({ profiles: PROFILES.map((profile) => ({ ...profile, refused: 'No.' })) });
    assert.doesNotMatch(text(none.press('i', '1')), /repair/);
  });

  it('shows an image that policy refuses with its reason, and asks for nothing', () => {
    const driver = one().press('i', '2');
    assert.equal(driver.state.problem, 'You may not install this system here.');
    assert.equal(driver.state.dialog, null);
    const denied = one({ offers: offers({ reinstall: refused('The policy says no.') }) });
    assert.match(text(denied), /i Reinstall . The policy says no\./);
    assert.equal(denied.press('i').state.problem, 'The policy says no.');
    assert.equal(currentPage(denied.state).page, 'domain');
  });

  it('judges again when the name is typed: facts arrive meanwhile', () => {
    const driver = one().press('i', '1', ...NAME);
    driver.tell({
      fact: 'domains',
      domains: [
        domain('horatio', { ...REINSTALLABLE, offers: offers({ reinstall: refused('It is paused.') }) }),
      ],
    });
    driver.press('enter');
    assert.deepEqual(driver.effects, []);
    assert.equal(driver.state.problem, 'It is paused.');
  });

  it('takes nothing of a rescue profile that has the name of the image', () => {
    const [profile] = PROFILES;
    assert.ok(profile !== undefined);
    const same = { ...profile, name: profileName('debian-13'), times: { usual: 3600, most: 7200 } };
    const driver = one({ profiles: [same] }).press('i', '1', 'up', ...NAME, 'enter');
    assert.deepEqual(driver.effects, [
      { effect: 'operate', action: 'reinstall', domain: HORATIO, profile: IMAGE },
    ]);
  });

  it('shows how far the disk is written, with the time left', () => {
    const driver = one({ state: 'off', operation: writing });
    assert.match(text(driver), /writing its disk, 12 s/);
    assert.match(text(driver), /300 MiB of 2\.0 GiB, about 44 s left/);
    assert.doesNotMatch(text(driver), /power off now/);
  });

  it('offers the power switch only while the guest is to shut down', () => {
    const at = (step: string): string =>
      text(one({ operation: operation('reinstall', { step, profile: IMAGE }) }));
    assert.match(at('shutting-down'), /power off now/);
    for (const step of ['waiting', 'checking-image', 'writing', 'creating'])
      assert.doesNotMatch(at(step), /power off now/, step);
  });

  it('does not go on after a power-off: who cuts the power may want to stop it', () => {
    const driver = one().press('i', '1', ...NAME, 'enter');
    driver.tell({ fact: 'accepted', domain: HORATIO, action: 'reinstall' });
    const under = operation('reinstall', { step: 'shutting-down', profile: IMAGE });
    const off = operation('poweroff', { phase: 'done' });
    driver
      .tell({
        fact: 'domains',
        domains: [domain('horatio', { ...REINSTALLABLE, operation: under, offers: offers() })],
      })
      .press('p');
    assert.match(
      text(driver),
      /It also ends the reinstallation before anything is written\. Choose it again/,
    );
    driver.press(...NAME, 'enter');
    driver.taken();
    driver.tell({ fact: 'accepted', domain: HORATIO, action: 'poweroff' });
    driver.tell({ fact: 'ended', domain: HORATIO, operation: { ...under, phase: 'superseded' } });
    driver.tell({ fact: 'ended', domain: HORATIO, operation: off });
    driver.tell({
      fact: 'domains',
      domains: [domain('horatio', { ...REINSTALLABLE, state: 'off', offers: offers() })],
    });
    assert.deepEqual(driver.taken(), []);
    assert.equal(driver.state.plan, null);
  });

  it('says that a disk is incomplete, on the page and in the list', () => {
    const broken = { state: 'off', incomplete: IMAGE } as const;
    assert.match(text(one(broken)), /off, incomplete/);
    assert.match(text(one(broken)), /Its disk is incomplete: reinstall it again, or boot a rescue system\./);
    const list = new MenuDriver({ domains: [domain('horatio', broken), domain('ophelia')] });
    assert.match(text(list), /horatio . off, incomplete/);
    const again = one({ ...broken, operation: writing });
    assert.doesNotMatch(text(again), /incomplete/);
  });

  it('keeps its page when the list of images changes, and loses it with the server', () => {
    const driver = one().press('i', 'down');
    driver.tell({
      fact: 'domains',
      domains: [domain('horatio', { ...REINSTALLABLE, images: IMAGES.slice(0, 1), offers: offers() })],
    });
    assert.equal(currentPage(driver.state).page, 'reinstall');
    driver.tell({ fact: 'domains', domains: [domain('ophelia')] });
    assert.notEqual(currentPage(driver.state).page, 'reinstall');
  });
});
