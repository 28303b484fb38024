import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { checkHost, isAnswering } from '../../../server/cli/doctor/host-trial.js';
import { Dom0Client, operationRequest } from '../../support/dom0-client.js';
import { House } from '../../support/house.js';

const MANY = 1_500;

/** An attacker runs code as the gate, and speaks to the dom0 half by its socket. */
describe('attack: a gate that fills the disk of the host', () => {
  let house: House;
  let gate: Dom0Client;

  beforeEach(async () => {
    house = await House.layOut({ domains: [{ name: 'horatio' }] });
    await house.startDom0();
    gate = new Dom0Client(house.layout.dom0Socket);
  });
  afterEach(() => house.stop());

  const logged = (event: string): readonly Readonly<Record<string, unknown>>[] =>
    readFileSync(house.log('dom0'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"msg":"${event}"`))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

  /** Sends many requests, some at once. @returns how often each status was answered, and the seconds that it took */
  async function flood(
    path: string,
    body: (at: number) => object,
  ): Promise<{ readonly statuses: ReadonlyMap<number, number>; readonly seconds: number }> {
    const statuses = new Map<number, number>();
    const began = performance.now();
    let next = 0;
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        while (next < MANY) {
          next += 1;
          const { status } = await gate.ask('PUT', path, JSON.stringify(body(next)));
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }),
    );
    return { statuses, seconds: Math.ceil((performance.now() - began) / 1000) };
  }

  it('writes a bounded number of log lines, which says how many were left out, and hides no other event', async () => {
    const { statuses, seconds } = await flood('/domains/horatio/console', () => ({
      seconds: 0,
      admin: 'mallory',
    }));
    assert.deepEqual([...statuses], [[200, MANY]], 'what root does at a console goes on');
    const lines = logged('admin.act');
    assert.ok(lines.length >= 1_000 && lines.length <= 1_000 + seconds, `${lines.length} in ${seconds} s`);
    assert.ok(lines.some(({ journaled }) => journaled === false));
    const leftOut = logged('log.left-out');
    assert.ok(leftOut.length >= 1 && leftOut.length <= 1 + seconds / 60, `${leftOut.length}`);
    assert.deepEqual([leftOut[0]?.['event'], leftOut[0]?.['lines']], ['admin.act', 1]);
    await gate.run('horatio', 'start');
    assert.equal(logged('operation.requested').length, 1);
    assert.equal(logged('operation.ended').length, 1);
  });

  it('switches a log so often at once, and then once a second', async () => {
    const { actor } = operationRequest('horatio', 'start');
    const { statuses, seconds } = await flood('/domains/horatio/log', (at) => ({
      keep: at % 2 === 0,
      actor,
    }));
    const done = statuses.get(200) ?? 0;
    assert.ok(done >= 600 && done <= 600 + seconds, `${done} in ${seconds} s`);
    assert.equal(statuses.get(429), MANY - done);
    assert.ok(logged('console-log.switched').length <= done);
  });

  it('writes nothing when it switches a log to what it is', async () => {
    const { actor } = operationRequest('horatio', 'start');
    const keep = JSON.stringify({ keep: false, actor });
    for (const _ of [1, 2, 3])
      assert.equal((await gate.ask('PUT', '/domains/horatio/log', keep)).status, 200);
    assert.equal(logged('console-log.switched').length, 1);
  });
});

describe('attack: a gate that takes every connection of the host', () => {
  let house: House;
  const held: Socket[] = [];

  before(async () => {
    house = await House.layOut({ domains: [{ name: 'horatio' }] });
    await house.startDom0();
  });
  after(async () => {
    for (const socket of held) socket.destroy();
    await house.stop();
  });

  /** Opens a connection, and reads changes by it for good. @returns whether it is served */
  function hold(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(house.layout.dom0Socket);
      held.push(socket);
      socket.on('error', () => {
        resolve(false);
      });
      socket.once('close', () => {
        resolve(false);
      });
      socket.once('data', () => {
        resolve(true);
      });
      socket.write('GET /changes HTTP/1.1\r\nHost: dom0\r\n\r\n');
      socket.resume();
    });
  }

  it('is turned away at 2,000, and root still has consoles and the doctor', async () => {
    let served = 0;
    while (served < 2_000) {
      const more = await Promise.all(Array.from({ length: 100 }, hold));
      served += more.filter(Boolean).length;
    }
    assert.equal(served, 2_000);
    assert.equal(await hold(), false);
    const path = house.layout.dom0Socket;
    assert.equal(statSync(`${path}.root`).mode & 0o777, 0o600, 'the gate may not open it');
    const released = await house.adminRelease('horatio', '1m');
    assert.deepEqual([released.status, released.stderr], [0, '']);
    const found = await checkHost('dom0', path);
    assert.ok(isAnswering(found), JSON.stringify(found));
    const console = house.adminConsole('horatio', '--watch');
    await console.sees('horatio');
    console.kill();
  });
});
