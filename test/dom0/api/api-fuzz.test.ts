import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { ControlFixture } from '../../support/control-fixture.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { FakeConsoles } from '../../support/fake-consoles.js';
import { propertyRuns, type PropertyRuns } from '../../support/property-runs.js';
import { Random } from '../../support/random.js';

/** Targets that some parsers accept as a URL and others refuse. */
const TARGETS = [
  'http://[::1',
  'http://[',
  'http://',
  'http://a:99999/',
  '//',
  '///[',
  '/%',
  '/%ff%zz/%',
  '*',
  'dom0:80',
  '/domains/%E0%A4%A/console',
  '/domains/horatio/console?mode=write&cols=1e999&rows=-1&since=x',
  '/domains/horatio/console?mode=write&label=%00%ff&since=',
  '/domains/horatio/console?mode=watch',
  '/domains/horatio/log?lines=1e99&since=never',
  '/domains/__proto__/console',
  '/operations/constructor',
  '/journal?after=NaN',
  '/contract',
  '/domains',
];
const METHODS = ['GET', 'POST', 'PUT', 'OPTIONS', 'CONNECT', 'HEAD', 'PRI', 'M-SEARCH', 'QUERY'];
const HEADERS = [
  'Upgrade: postern-console\r\nConnection: Upgrade',
  'Upgrade: \xff\r\nConnection: upgrade, close',
  'Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 3',
  'Expect: 100-continue',
  'Expect: everything',
  'postern-admin: \x80\x81',
  'X: ' + 'y'.repeat(20_000),
];
const BODIES = ['', '{}', '[[[[', '5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', '\x00\x00\x00\x00\x05{"":1', 'null'];

/** One raw request: parts of it right, parts wrong, sometimes damaged. */
function rawRequest(any: Random): Buffer {
  if (any.below(20) === 0) return randomBytes(any.below(300));
  const headers = Array.from({ length: any.below(4) }, () => any.of(HEADERS));
  const host = any.below(8) === 0 ? [] : ['Host: dom0'];
  const text = `${any.of(METHODS)} ${any.of(TARGETS)} HTTP/${any.of(['1.1', '1.1', '1.1', '1.0', '2.0', '9'])}\r\n${[...host, ...headers].join('\r\n')}\r\n\r\n${any.of(BODIES)}`;
  const bytes = Buffer.from(text, 'latin1');
  for (let damages = any.below(3) - 1; damages > 0; damages -= 1)
    bytes[any.below(bytes.length)] = any.below(256);
  return any.below(10) === 0 ? bytes.subarray(0, any.below(bytes.length)) : bytes;
}

/** Everything received until the connection ends. */
async function ask(path: string, bytes: Buffer | string, ends = false): Promise<string> {
  const socket = createConnection(path);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  if (ends) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

/** Sends this many requests, fifty at a time. A fault would end this process. */
async function flood(path: string, { numRuns, seed }: PropertyRuns): Promise<void> {
  const any = new Random(seed);
  for (let done = 0; done < numRuns; done += 50) {
    await Promise.all(Array.from({ length: 50 }, () => ask(path, rawRequest(any), true)));
  }
}

const UPGRADE = 'Host: dom0\r\nUpgrade: postern-console\r\nConnection: Upgrade\r\n\r\n';

describe("raw bytes on dom0's socket", () => {
  let house: Dom0UnderTest;
  before(async () => {
    house = await Dom0UnderTest.make(['horatio']);
    house.toolstack.put('horatio');
    await house.start();
  });
  after(() => house.dispose());

  const goesOn = async (): Promise<void> => {
    assert.equal((await house.client.ask('GET', '/contract')).status, 200);
  };

  for (const target of TARGETS.slice(0, 10)) {
    it(`answers ${target}, asked for as it is and to be upgraded, and goes on`, async () => {
      const { socket } = house.settings;
      const plain = `GET ${target} HTTP/1.1\r\nHost: dom0\r\nConnection: close\r\n\r\n`;
      assert.match(await ask(socket, plain), /^HTTP\/1.1 4\d\d /);
      assert.match(await ask(socket, `GET ${target} HTTP/1.1\r\n${UPGRADE}`), /^HTTP\/1.1 4\d\d /);
      await goesOn();
    });
  }

  it('says of a target that is no URL what is wrong with it', async () => {
    for (const more of ['Host: dom0\r\nConnection: close\r\n\r\n', UPGRADE]) {
      const answer = await ask(house.settings.socket, `GET http://[::1 HTTP/1.1\r\n${more}`);
      assert.match(answer, /^HTTP\/1.1 400 Bad Request\r\n/);
      assert.match(answer, /The target of the request is neither a path nor a URL./);
    }
  });

  it('a fault while a console is opened ends that connection alone', async () => {
    house.consoles.accept = () => {
      throw new Error('a fault of ours');
    };
    const path = '/domains/horatio/console?mode=watch';
    assert.equal(await ask(house.settings.socket, `GET ${path} HTTP/1.1\r\n${UPGRADE}`), '');
    house.consoles.accept = FakeConsoles.prototype.accept.bind(house.consoles);
    await goesOn();
  });

  it('no request ends the half', async function () {
    this.timeout(600_000);
    await flood(house.settings.socket, propertyRuns("raw bytes on dom0's socket", 7_000, 200_000));
    await goesOn();
  });
});

describe("raw bytes on the gate's control socket", () => {
  const gate = new ControlFixture();
  before(() => gate.server.listen());
  after(() => gate.remove());

  it('no request ends the half', async function () {
    this.timeout(600_000);
    await flood(gate.socket, propertyRuns("raw bytes on the gate's socket", 3_000, 100_000));
    const status = `GET /status HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n`;
    assert.match(await ask(gate.socket, status), /^HTTP\/1.1 200 /);
  });
});
