import assert from 'node:assert/strict';
import { House } from '../../support/house.js';
import { unnamed } from '../../support/unnamed.js';

/**
 * Alice has a valid key and no role on yorick. She tries every way to name him, and everything that `xl`
 * itself would take for somebody's machine.
 */
const NAMES = [
  'yorick',
  '-a',
  '--all',
  '0',
  '1',
  '4294967295',
  'Domain-0',
  'domain-0',
  'horati',
  'horatio.',
  'horatioo',
  'HORATIO',
  'Horatio',
  '../ophelia',
  './horatio',
  'horatio/../yorick',
  '/etc/xen/yorick.cfg',
  'h*',
  'yoric?',
  '[y]orick',
  'horatio;xl',
  '$(id)',
  '`id`',
  'horatio\u00a0',
  'hоratio', // a Cyrillic о
  'horatio\u200b',
  'ｈoratio',
  'horatio%00yorick',
  'A'.repeat(200),
];

const VERBS = [
  'status',
  'start',
  'shutdown --yes',
  'poweroff --yes',
  'reboot --yes',
  'rescue --yes',
  'normal',
  'console',
  'watch',
  'log',
];

describe('attack: naming another customer’s machine', () => {
  let house: House;
  before(async () => {
    house = await House.start();
    assert.equal((await house.ssh('bob', 'yorick start --wait')).status, 0);
  });
  after(() => house.stop());

  it('answers every name that is not hers with the same words, whatever the verb', async () => {
    const { stderr: nobody, status } = unnamed(await house.ssh('alice', 'nosuchserver status'));
    assert.equal(status, 4);
    for (const name of NAMES) {
      const { stdout, stderr, status } = unnamed(await house.ssh('alice', `${name} status`));
      assert.equal(stdout, '', name);
      // A word that is an option, or no name, may be a usage error. It never tells more.
      if (status === 2) assert.doesNotMatch(stderr, /yorick exists|not yours|not allowed/i, name);
      else assert.deepEqual([status, stderr.replaceAll(name, 'nosuchserver')], [4, nobody], name);
    }
  });

  it('every verb on yorick is answered as on a machine that does not exist, byte for byte', async () => {
    for (const verb of VERBS) {
      const his = unnamed(await house.ssh('alice', `yorick ${verb}`));
      const none = unnamed(await house.ssh('alice', `yorock ${verb}`));
      assert.equal(his.status, 4, verb);
      assert.deepEqual(his, { ...none, stderr: none.stderr.replaceAll('yorock', 'yorick') }, verb);
    }
  });

  it('his name is no login for her key', async () => {
    const { status } = await house.ssh('alice', 'status', { options: ['-l', 'yorick'] });
    assert.equal(status, 255);
    const own = await house.ssh('alice', 'list', { options: ['-l', 'horatio'] });
    assert.equal(own.status, 0, 'her own machine’s name is');
  });

  it('and nothing has happened to yorick', () => {
    const { stdout } = house.xlByHand('list');
    assert.match(stdout, /yorick/);
    const calls = ['horatio', 'ophelia'].filter((name) => stdout.includes(name));
    assert.deepEqual(calls, []);
  });
});
