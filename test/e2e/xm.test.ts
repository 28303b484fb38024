import assert from 'node:assert/strict';
import { House } from '../support/house.js';

/** From a customer's ssh to the stand-in for xm. docs/xm.md says what the stand-in cannot show. */
describe('a host with xm', () => {
  let house: House;

  before(async () => {
    house = await House.start({ toolstack: 'xm' });
  });
  after(() => house.stop());

  const status = async (): Promise<{ state: string; profile: string }> =>
    JSON.parse((await house.ssh('alice', 'horatio status --json')).stdout) as {
      state: string;
      profile: string;
    };

  it('is used by command', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    assert.equal((await status()).state, 'running');
    assert.match((await house.ssh('alice', 'list')).stdout, /horatio +running/);
    assert.equal((await house.ssh('alice', 'horatio poweroff --yes --wait')).status, 0);
    assert.equal((await status()).state, 'off');
  });

  it('shows a boot on the console from its first byte, and another customer nothing', async () => {
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
    const alice = house.terminal('alice', 'horatio console');
    await alice.receives('login: ');
    alice.type('root\r');
    await alice.sees('#');
    alice.type('echo alas\r');
    await alice.sees(/\nalas/);
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
    assert.match((await house.ssh('alice', 'horatio log')).stdout, /alas/);
    assert.equal((await house.ssh('bob', 'horatio status')).status, 4);
  });

  it('rescues, and goes back', async () => {
    assert.equal((await house.ssh('alice', 'horatio rescue rescue --yes --wait')).status, 0);
    assert.equal((await status()).profile, 'rescue');
    const alice = house.terminal('alice', 'horatio console');
    await alice.receives('RESCUE MODE');
    alice.type('\x1d.');
    assert.equal(await alice.ends(), 0);
    assert.equal((await house.ssh('alice', 'horatio normal --yes --wait')).status, 0);
    assert.equal((await status()).profile, 'normal');
  });
});
