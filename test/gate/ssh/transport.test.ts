import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { CustomerTurns } from '../../../server/gate/scheduling/customer-turns.js';
import { Transport } from '../../../server/gate/ssh/transport.js';
import { eventually } from '../../support/eventually.js';

describe('gate/ssh: the transport', () => {
  let server: Server;
  let ours: Socket;
  let theirs: Socket;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
    theirs.on('error', () => undefined);
    [ours] = (await accepted) as [Socket];
  });

  afterEach(() => {
    theirs.destroy();
    ours.destroy();
    server.close();
  });

  /** Reads as ssh2 does: it pauses at once, and listens a moment later. */
  async function read(listener: (chunk: Buffer) => void, now?: () => number): Promise<Transport> {
    const transport = new Transport(ours, (listener) => listener, now);
    ours.pause();
    await Promise.resolve().then(() => {
      ours.on('data', listener);
      ours.resume();
    });
    return transport;
  }

  it('hands the identification line over whole, and what follows as it comes', async () => {
    const chunks: string[] = [];
    await read((chunk) => chunks.push(chunk.toString()));
    for (const part of ['S', 'SH-', '2.0-x', '\r\nkex']) {
      theirs.write(part);
      await eventually('the part to arrive', () => ours.bytesRead === theirs.bytesWritten);
    }
    await eventually('the line', () => chunks.length > 0);
    theirs.write('more');
    await eventually('the rest', () => chunks.length > 1);
    assert.deepEqual(chunks, ['SSH-2.0-x\r\nkex', 'more']);
  });

  it('stops to read who does not read the answers, and goes on when they are read', async () => {
    let questions = 0;
    const transport = await read((chunk) => {
      questions += chunk.length;
      ours.write(Buffer.alloc(10_000));
    });
    theirs.pause();
    theirs.write('\n');
    await eventually(
      'to be read no more',
      () => {
        theirs.write('?');
        return ours.isPaused();
      },
      { everyMs: 1 },
    );
    assert.ok(transport.pendingBytes < 80_000);
    const before = questions;
    theirs.resume();
    theirs.write('!');
    await eventually('to be read again', () => questions > before && !ours.isPaused());
  });

  it('delivers nothing more once it closes, and destroys the socket even when the other side keeps its half', async () => {
    let delivered = '';
    const transport = await read((chunk) => (delivered += chunk.toString()));
    theirs.allowHalfOpen = true;
    theirs.write('first\n');
    await eventually('the first line', () => delivered === 'first\n');
    ours.write('last words');
    transport.close();
    assert.equal(transport.isWritable, false);
    theirs.write('second\n');
    const [words] = (await once(theirs, 'data')) as [Buffer];
    assert.equal(words.toString(), 'last words');
    await eventually('the socket to be destroyed', () => ours.destroyed);
    assert.equal(delivered, 'first\n');
  });

  it('is given a long read in pieces after login, a millisecond of them in each turn', async () => {
    let time = 0;
    let checks: (() => void)[] = [];
    const pieces: Buffer[] = [];
    const transport = await read(
      (chunk) => {
        pieces.push(Buffer.from(chunk));
        time += 0.4;
      },
      () => time,
    );
    theirs.write('line\n');
    await eventually('the line', () => pieces.length === 1);
    pieces.length = 0;
    const turns = new CustomerTurns(
      () => time,
      (work) => checks.push(work),
    );
    transport.loggedIn('alice', turns);
    const sent = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at % 251));
    theirs.write(sent);
    let most = 0;
    await eventually(
      'all of it',
      () => {
        const before = pieces.length;
        const due = checks;
        checks = [];
        for (const check of due) check();
        most = Math.max(most, pieces.length - before);
        return pieces.reduce((sum, { length }) => sum + length, 0) === sent.length;
      },
      { everyMs: 0 },
    );
    assert.deepEqual(Buffer.concat(pieces), sent);
    assert.ok(Math.max(...pieces.map(({ length }) => length)) <= 256);
    assert.ok(most <= 3, `${most} pieces in one turn`);
  });

  describe('after login', () => {
    let time: number;
    let checks: (() => void)[];
    let got: string;
    let transport: Transport;

    /** Lets the event loop's turn end. */
    function nextTurn(): void {
      for (const check of checks.splice(0)) check();
    }

    beforeEach(async () => {
      [time, checks, got] = [0, [], ''];
      transport = await read((chunk) => {
        got += chunk.toString();
        time += 50;
      });
      theirs.write('line\n');
      await eventually('the line', () => got === 'line\n');
      transport.loggedIn(
        'alice',
        new CustomerTurns(
          () => time,
          (work) => checks.push(work),
        ),
      );
      theirs.write('1');
      await eventually('the first piece', () => got === 'line\n1');
    });

    it('is not read while others have their turn, and loses nothing', async () => {
      assert.ok(ours.isPaused());
      theirs.write('2');
      nextTurn();
      await eventually('the second piece', () => got === 'line\n12');
      assert.ok(ours.isPaused());
      theirs.end('3');
      nextTurn();
      await eventually('the last piece', () => got === 'line\n123');
    });

    it('sends on in its turn, too', () => {
      let sent = 0;
      transport.onDrain(() => (sent += 1));
      ours.emit('drain');
      ours.emit('drain');
      assert.equal(sent, 0);
      assert.ok(ours.isPaused(), 'room in the socket does not give it a turn');
      nextTurn();
      assert.equal(sent, 1);
      assert.ok(!ours.isPaused());
      time += 1_000;
      ours.emit('drain');
      assert.equal(sent, 2);
    });

    it('runs what waits for its turn once it is there, and nothing once it has closed', () => {
      let ran = '';
      transport.inTurn(() => (ran += '1'));
      transport.inTurn(() => (ran += '2'));
      assert.equal(ran, '');
      nextTurn();
      nextTurn();
      assert.equal(ran, '12');
      transport.inTurn(() => (time += 50));
      transport.inTurn(() => (ran += '3'));
      transport.closed();
      nextTurn();
      assert.equal(ran, '12');
    });

    it('is read to its end once it closes', async () => {
      theirs.resume();
      theirs.write('nobody wants it any more');
      transport.close();
      transport.closed();
      nextTurn();
      await eventually('the end', () => ours.destroyed);
      assert.equal(got, 'line\n1');
    });
  });
});
