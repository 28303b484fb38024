import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { House } from '../support/house.js';
import { ProcessFacts } from '../support/process-facts.js';
import { kexInit, plainPacket } from '../support/raw-handshake.js';
import { message } from '../support/raw-ssh.js';
import { StrangerFlood } from '../support/stranger-flood.js';
import type { Attack } from '../support/stranger-flood.js';

const IDENTIFICATION = Buffer.from('SSH-2.0-Stranger\r\n');
const BEGUN = Buffer.concat([IDENTIFICATION, plainPacket(kexInit())]);
const NOTHING = Buffer.alloc(0);
const LONG = 'x'.repeat(4_000);
/** A message number that nobody knows (RFC 4250 §4.1.2). */
const UNKNOWN = 191;

const ATTACKS: Readonly<Record<string, Attack>> = {
  'keep silent': { hello: NOTHING, again: null },
  'send one byte at a time': { hello: Buffer.from('S'), again: Buffer.from('S') },
  'begin a key exchange and keep silent': { hello: BEGUN, again: null },
  'send lines before they say who they are': { hello: NOTHING, again: Buffer.from(`${LONG}\r\n`) },
  'send KEXINIT again and again': { hello: IDENTIFICATION, again: plainPacket(kexInit()) },
  'send IGNORE again and again': { hello: BEGUN, again: plainPacket(message(2, LONG)) },
  'send DEBUG again and again': { hello: BEGUN, again: plainPacket(message(4, true, LONG, 'en')) },
  'send a message that nobody knows': { hello: BEGUN, again: plainPacket(message(UNKNOWN, LONG)) },
  'send packets that are too long': { hello: BEGUN, again: Buffer.alloc(4_000, 0xff) },
};

/** Over workers the coordinator has the sockets, and workers the bytes. */
const OVER_WORKERS: readonly string[] = [
  'keep silent',
  'send KEXINIT again and again',
  'send IGNORE again and again',
];

interface Row {
  readonly seq: number;
  readonly event: { readonly kind: string; readonly actor?: { readonly customer: string } };
}

for (const workers of [1, 2])
  describe(`300 strangers who do not log in, over ${workers === 1 ? 'one process' : 'two workers'}`, () => {
    let house: House;
    const floods: StrangerFlood[] = [];
    /** Sockets of the gate with nobody there. */
    let quiet: number;

    before(async () => {
      house = await House.start({
        gateSettings: `workers: ${workers}\n`,
        customers: { alice: { horatio: 'owner' } },
      });
      // The first login opens what stays open.
      await list();
      await eventually('the login to be over', async () => {
        quiet = sockets();
        return !(await house.postern('session', 'list')).stdout.includes('alice');
      });
    });
    afterEach(() => {
      for (const flood of floods.splice(0)) flood.end();
    });
    after(() => house.stop());

    async function list(): Promise<void> {
      const { status, stdout, stderr } = await house.ssh('alice', 'list');
      assert.equal(status, 0, stderr);
      assert.match(stdout, /horatio/);
    }

    function sockets(): number {
      const gate = new ProcessFacts(house.gatePid);
      return [gate, ...gate.children.map((pid) => new ProcessFacts(pid))]
        .flatMap(({ descriptors }) => descriptors)
        .filter((kind) => kind === 'socket').length;
    }

    async function rows(): Promise<readonly Row[]> {
      const { stdout } = await house.postern('audit', '--json', '--limit', '1000');
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Row);
    }

    const attacks = Object.entries(ATTACKS).filter(([name]) => workers === 1 || OVER_WORKERS.includes(name));
    for (const [name, attack] of attacks)
      it(`who ${name}: a customer logs in meanwhile, and nothing of it stays`, async () => {
        const last = (await rows()).reduce((most, { seq }) => Math.max(most, seq), 0);
        const flood = new StrangerFlood(house.port, attack);
        floods.push(flood);
        await flood.begin();
        const before = flood.sent;
        await list();
        if (attack.again !== null) assert.ok(flood.sent > before, 'it went on meanwhile');
        else assert.ok(flood.open > 0);
        flood.end();
        await eventually('their sockets to be closed', () => sockets() <= quiet);
        const news = (await rows()).filter(({ seq }) => seq > last);
        assert.deepEqual(
          news.filter(({ event }) => event.actor?.customer !== 'alice'),
          [],
        );
        assert.ok(news.some(({ event }) => event.kind === 'login.accepted'));
      });
  });
