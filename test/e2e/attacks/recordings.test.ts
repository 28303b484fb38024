import assert from 'node:assert/strict';
import { House } from '../../support/house.js';

const POLICY = `rules:
  - allow: [all]
    roles: [owner]
  - allow: [status, watch]
    roles: [watcher]
consoles:
  - record: output
`;
const ID = /This visit is recorded: [^.]*\. ID ([0-9a-f]{12})\./;

/**
 * Bob has a valid key, his own recordings, and the ID of one of alice's, which she showed him. Then her
 * server is given to him. Carol, as curious, watches the same server as alice.
 */
describe('attack: reading another customer’s recording', () => {
  let house: House;
  let hers: string;
  let his: string;

  before(async () => {
    house = await House.start({
      policy: POLICY,
      customers: {
        alice: { horatio: 'owner', ophelia: 'owner' },
        bob: { yorick: 'owner' },
        carol: { horatio: 'watcher' },
      },
    });
    hers = await visit('alice', 'horatio');
    his = await visit('bob', 'yorick');
  });
  after(() => house.stop());

  /** @returns the recording's ID */
  async function visit(customer: string, domain: string): Promise<string> {
    const client = house.terminal(customer, `${domain} watch`);
    await client.receives(ID);
    client.type('\x1d.');
    assert.equal(await client.ends(), 0);
    return ID.exec(client.raw)?.[1] ?? assert.fail();
  }

  async function ids(customer: string, ...options: string[]): Promise<string[]> {
    const { stdout } = await house.ssh(customer, 'recordings --json', { options });
    return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
  }

  it('his list has his own alone, and hers is answered as one that does not exist, byte for byte', async () => {
    assert.deepEqual(await ids('bob'), [his]);
    const none = await house.ssh('bob', 'recording 0123456789ab');
    assert.equal(none.status, 4);
    assert.equal(none.stdout, '');
    for (const spelt of [hers, hers.toUpperCase(), `../${hers}`, `${hers}.cast`, '*', '.', '/', '%2e'])
      assert.deepEqual(await house.ssh('bob', `recording ${spelt}`), none, spelt);
    const { stdout } = await house.postern('audit', '--json', '-n', '100');
    const denied = stdout.split('\n').filter((row) => row.includes('"recording.denied"'));
    assert.equal(denied.length, 9, 'each is in the audit log');
    assert.ok(denied.every((row) => row.includes('"customer":"bob"')));
    assert.ok(!stdout.split('\n').some((row) => row.includes('"recording.exported"')));
    const own = await house.ssh('bob', `recording ${his}`);
    assert.equal(own.status, 0, 'his own he reads');
    assert.match(own.stdout, /^\{"version":2,/);
  });

  it('who has a role on the same server sees their own visits to it, not hers', async () => {
    assert.deepEqual(await ids('carol'), []);
    assert.equal((await house.ssh('carol', `recording ${hers}`)).status, 4);
    const carols = await visit('carol', 'horatio');
    assert.deepEqual(await ids('carol'), [carols]);
    assert.deepEqual(await ids('alice'), [hers]);
  });

  it('a login by another domain’s name shows that domain’s alone', async () => {
    assert.deepEqual(await ids('alice', '-l', 'ophelia'), []);
    assert.equal((await house.ssh('alice', `recording ${hers}`, { options: ['-l', 'ophelia'] })).status, 4);
    assert.deepEqual(await ids('alice', '-l', 'horatio'), [hers]);
  });

  it('who is given a server sees no visit from before; who has lost it sees none of their own, nor when it returns', async () => {
    assert.equal((await house.postern('role', 'remove', 'alice', 'horatio')).status, 0);
    assert.equal((await house.postern('role', 'add', 'bob', 'horatio', 'owner')).status, 0);
    assert.deepEqual(await ids('bob'), [his]);
    assert.equal((await house.ssh('bob', `recording ${hers}`)).status, 4);
    assert.deepEqual(await ids('alice'), []);
    assert.equal((await house.ssh('alice', `recording ${hers}`)).status, 4);
    assert.equal((await house.postern('role', 'add', 'alice', 'horatio', 'owner')).status, 0);
    assert.deepEqual(await ids('alice'), [], 'nothing from before the role');
    const fresh = await visit('alice', 'horatio');
    assert.deepEqual(await ids('alice'), [fresh]);
    assert.equal((await house.ssh('alice', `recording ${hers}`)).status, 4);
  });
});
