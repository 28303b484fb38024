import assert from 'node:assert/strict';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { eventually } from '../../support/eventually.js';
import { House } from '../../support/house.js';

/** Nothing is done that cannot be recorded. But a customer with a broken machine can still look at it. */
describe('attack: an audit log that cannot be written', () => {
  let house: House;
  before(async () => {
    house = await House.start();
    assert.equal((await house.ssh('alice', 'horatio start --wait')).status, 0);
  });
  after(() => house.stop());

  it('changes are refused, logging in, the list and the console work, and all is well afterwards', async () => {
    const other = new Sqlite(join(house.layout.gateState, 'postern.db'));
    try {
      other.exec('BEGIN IMMEDIATE');
      const refused = await house.ssh('alice', 'horatio poweroff --yes');
      assert.equal(refused.status, 3, refused.stderr);
      assert.match(refused.stderr, /cannot be written/);
      assert.match(house.xlByHand('list').stdout, /horatio/);
      assert.match((await house.ssh('alice', 'list')).stdout, /horatio +running/);
      const alice = house.terminal('alice', 'horatio console');
      await alice.sees('login:');
      alice.type('root\r');
      await alice.sees('#');
      alice.type('\x1d.');
      assert.equal(await alice.ends(), 0);
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }
    await eventually('changes to be possible again', async () => {
      return (await house.ssh('alice', 'horatio poweroff --yes --wait')).status === 0;
    });
    assert.equal((await house.postern('audit', 'verify')).status, 0);
  });
});
