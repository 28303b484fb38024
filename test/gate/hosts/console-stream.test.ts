import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ConsoleStream } from '../../../server/gate/hosts/console-stream.js';
import { CustomerTurns } from '../../../server/gate/scheduling/customer-turns.js';
import { bytesFrame, noteFrame } from '../../../server/wire/frames.js';
import { eventually } from '../../support/eventually.js';
import { silentLogger } from '../../support/silent-logger.js';

describe('the stream of a console takes turns', () => {
  let server: Server;
  let time: number;
  let checks: (() => void)[];
  let turns: CustomerTurns;
  const opened: Socket[] = [];

  beforeEach(async () => {
    [time, checks] = [0, []];
    turns = new CustomerTurns(
      () => time,
      (work) => checks.push(work),
    );
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
    server.close();
  });

  /** A console whose bytes take so many milliseconds at each piece, and the host's end of it. */
  async function console(milliseconds: number): Promise<{
    readonly ours: Socket;
    readonly host: Socket;
    readonly stream: ConsoleStream;
    readonly heard: { text: string; over: string | null; notes: number };
  }> {
    const arrives = once(server, 'connection');
    const ours = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [host] = (await arrives) as [Socket];
    opened.push(ours, host);
    const heard: { text: string; over: string | null; notes: number } = { text: '', over: null, notes: 0 };
    const stream = new ConsoleStream(ours, Buffer.alloc(0), silentLogger, { customer: 'alice', turns });
    stream.listen({
      bytes: (data) => {
        heard.text += data.toString('latin1');
        time += milliseconds;
      },
      note: () => (heard.notes += 1),
      drained: () => undefined,
      closed: (reason) => (heard.over = reason),
    });
    return { ours, host, stream, heard };
  }

  function nextTurn(): void {
    for (const check of checks.splice(0)) check();
  }

  it('holds a flood until its next turn', async () => {
    const { host, heard } = await console(50);
    host.write(bytesFrame(Buffer.from('one')));
    await eventually('the first piece', () => heard.text === 'one');
    assert.equal(checks.length, 1, 'it waits for its turn');
    host.write(bytesFrame(Buffer.from('two')));
    nextTurn();
    await eventually('the second piece', () => heard.text === 'onetwo');
  });

  it('gives every byte of two consoles of one customer, in order, before it says that they are over', async () => {
    const consoles = [await console(3), await console(3)];
    const text = Array.from({ length: 20_000 }, (_, at) => `${at}`).join(' ');
    for (const { host } of consoles) {
      for (let at = 0; at < text.length; at += 1_777)
        host.write(bytesFrame(Buffer.from(text.slice(at, at + 1_777))));
      host.end(noteFrame({ note: 'ended', reason: 'domain-gone' }));
    }
    await eventually(
      'the end of both',
      () => {
        nextTurn();
        return consoles.every(({ heard }) => heard.over !== null);
      },
      { everyMs: 1 },
    );
    for (const { heard } of consoles) {
      assert.ok(heard.text === text, `${heard.text.length} of ${text.length} bytes, or in another order`);
      assert.equal(heard.notes, 1);
    }
    assert.equal(turns.customers, 0, 'nothing is left behind');
  });

  it('leaves what was typed last to a host that says something before it reads', async () => {
    const { ours, host, stream } = await console(0);
    host.pause();
    const faults: Error[] = [];
    host.on('error', (error) => faults.push(error));
    stream.write(Buffer.from('typed last'));
    stream.close();
    // Each write has its own answer of the kernel; the gate's end has all its turns meanwhile.
    for (let count = 0; count < 50 && faults.length === 0; count += 1) {
      await new Promise((resolve) => host.write(noteFrame({ note: 'painted' }), resolve));
      await new Promise(setImmediate);
    }
    assert.deepEqual(faults, []);
    let typed = '';
    host.on('data', (bytes: Buffer) => (typed += bytes.toString('latin1')));
    host.resume();
    await once(host, 'end');
    assert.match(typed, /typed last$/);
    host.destroy();
    await eventually('our end', () => ours.destroyed);
  });

  it('says nothing more once it was closed', async () => {
    const [busy, other] = [await console(50), await console(50)];
    busy.host.write(bytesFrame(Buffer.from('one')));
    await eventually('the first piece', () => busy.heard.text === 'one');
    other.host.write(bytesFrame(Buffer.from('two')));
    await eventually('the piece to be read', () => other.ours.bytesRead > 0);
    busy.stream.close();
    other.stream.close();
    nextTurn();
    assert.equal(other.heard.text, '');
    assert.equal(turns.customers, 0);
  });
});
