import assert from 'node:assert/strict';
import { parseBootProfileName, parseDomainName } from '../../../policy/names.js';
import { Consoles } from '../../../server/dom0/consoles/consoles.js';
import type { ConsolesParts } from '../../../server/dom0/consoles/consoles.js';
import { NEW_INCARNATION } from '../../../server/dom0/consoles/screen-reset.js';
import { eventually } from '../../support/eventually.js';
import { ConsoleDoor } from './console-peer.js';
import { StandIn } from './stand-in.js';

const horatio = parseDomainName('horatio')!;
const normal = parseBootProfileName('normal')!;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const write = { mode: 'write', cols: '80', rows: '24', label: 'alice' };

describe('Consoles', () => {
  let standIn: StandIn;
  let door: ConsoleDoor;
  let consoles: Consoles;

  const start = (parts: Partial<ConsolesParts> = {}): void => {
    const command = (domid: number): ReturnType<StandIn['command']> => standIn.command(domid);
    const timing = { line: { retry: 30, lastRetry: 60 } };
    consoles = new Consoles({
      command,
      passesEscape: false,
      attach: 'always',
      logger: silent,
      timing,
      ...parts,
    });
  };

  beforeEach(async () => {
    standIn = await StandIn.start();
    door = await ConsoleDoor.open(standIn.folder, () => consoles);
    start();
  });

  afterEach(async () => {
    door.close();
    await consoles.dispose();
    standIn.stop();
  });

  it('attaches a domain created paused before it says its first byte', async () => {
    assert.equal(await consoles.attach(horatio, 1, 'u1'), 'attached');
    assert.equal(consoles.state(horatio), 'attached');
    const guest = await standIn.guest(1);
    const alice = door.peer('horatio', write);
    await alice.note('attached');
    guest.say('Linux version 6.1.0');
    await alice.sees('Linux version 6.1.0');
    alice.type('root\r');
    await eventually('the typing', () => guest.typed === 'root\r');
  });

  it('keeps the attachment through a reboot, and shows the new boot from its first byte, none doubled', async () => {
    consoles.observed(horatio, { uuid: 'u1', domid: 1 }, 'running', normal);
    const first = await standIn.guest(1);
    const alice = door.peer('horatio', write);
    await alice.note('state', (note) => note.console === 'attached');
    await alice.painted();
    first.say('going down\r\n');
    await alice.sees('going down\r\n');
    first.socket.end();
    await alice.note('state', (note) => note.console === 'detached');
    consoles.observed(horatio, null, 'rebooting', normal);
    consoles.observed(horatio, { uuid: 'u1', domid: 2 }, 'running', normal);
    const second = await standIn.guest(2);
    second.say('first line\r\nlast line');
    await alice.sees('last line');
    assert.equal(alice.text, `going down\r\n${NEW_INCARNATION}first line\r\nlast line`);
    alice.type('x');
    await eventually('typing into the new one', () => second.typed === 'x');
  });
});
