import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CustomerTurns } from '../../../server/gate/scheduling/customer-turns.js';
import type { TurnPlace, TurnSource } from '../../../server/gate/scheduling/customer-turns.js';
import { TurnTaker } from '../../../server/gate/scheduling/turn-taker.js';
import { FaultScope } from '../../../server/wire/fault-scope.js';
import { propertyRuns } from '../../support/property-runs.js';

/** What came by a socket, and how long each piece of it takes. */
interface Piece {
  readonly milliseconds: number;
  readonly number: number;
}

describe('turns of customers', () => {
  let time: number;
  let checks: (() => void)[];
  let turns: CustomerTurns;
  let sockets: Socket[];

  /** A socket of a customer, read as the event loop reads one: a piece at most in each turn. */
  class Socket implements TurnSource {
    readonly name: string;
    readonly customer: string;
    readonly place: TurnPlace;
    /** What the kernel has. */
    readonly arrived: Piece[] = [];
    readonly served: { readonly piece: Piece; readonly at: number }[] = [];
    isRead = true;
    #pieces = 0;

    constructor(customer: string, name: string) {
      this.customer = customer;
      this.name = name;
      this.place = turns.join(customer, this);
      sockets.push(this);
    }

    holdReading(): void {
      this.isRead = false;
    }

    readOn(): void {
      this.isRead = true;
    }

    /** The kernel gets pieces. */
    gets(count: number, milliseconds: number): void {
      for (let at = 0; at < count; at += 1) this.arrived.push({ milliseconds, number: this.#pieces++ });
    }

    read(): void {
      const piece = this.isRead ? this.arrived.shift() : undefined;
      if (piece === undefined) return;
      const work = (): void => {
        time += piece.milliseconds;
        this.served.push({ piece, at: time });
      };
      if (!this.place.now(work)) this.place.later(work);
    }
  }

  /** One turn of the event loop: all that is readable, then what was put off. @returns its milliseconds */
  function turn(): number {
    const begun = time;
    for (const socket of sockets) socket.read();
    for (const check of checks.splice(0)) check();
    return time - begun;
  }

  function newTurns(): CustomerTurns {
    return new CustomerTurns(
      () => time,
      (work) => checks.push(work),
    );
  }

  /** Lets a flooding customer be known as one. */
  function warmUp(): void {
    for (let at = 0; at < 60; at += 1) turn();
  }

  beforeEach(() => {
    time = 0;
    checks = [];
    sockets = [];
    turns = newTurns();
  });

  it('costs the same in each turn, however long a customer always leaves something for the next', () => {
    let looks = 0;
    turns = new CustomerTurns(
      () => {
        looks += 1;
        return time;
      },
      (work) => checks.push(work),
    );
    const { place } = new Socket('alice', 'endless');
    const work = (): void => {
      time += 2;
      place.later(work);
    };
    place.later(work);
    const looksOf = (count: number): number => {
      looks = 0;
      for (let at = 0; at < count; at += 1) turn();
      return looks / count;
    };
    looksOf(100);
    const before = looksOf(100);
    looksOf(800);
    assert.equal(looksOf(100), before);
    place.leave();
  });

  for (const [what, count] of [
    ['a flooding console', 1],
    ['four flooding consoles', 4],
    ['a thousand sessions', 1000],
  ] as const)
    it(`${what} of one customer make another's key wait two turns at most`, () => {
      const other = new Socket('other', 'menu');
      for (let at = 0; at < count; at += 1) new Socket('flood', `console${at}`).gets(500, 1);
      warmUp();
      let worst = 0;
      for (let key = 0; key < 50; key += 1) {
        // The kernel has it when the turn has just begun.
        const typed = time;
        turn();
        other.gets(1, 0.2);
        turn();
        const at = other.served.at(-1)?.at ?? Infinity;
        worst = Math.max(worst, at - typed);
      }
      assert.equal(other.served.length, 50);
      assert.ok(worst <= 6.2, `the worst waited ${worst} ms`);
    });

  it('ten flooding customers make it wait no longer, and none of them is left out', () => {
    const other = new Socket('other', 'menu');
    const floods = Array.from({ length: 10 }, (_, at) => new Socket(`flood${at}`, 'console'));
    for (const flood of floods) flood.gets(2_000, 1);
    warmUp();
    const before = floods.map(({ served }) => served.length);
    let worst = 0;
    for (let key = 0; key < 400; key += 1) {
      const typed = time;
      turn();
      other.gets(1, 0.2);
      turn();
      worst = Math.max(worst, (other.served.at(-1)?.at ?? Infinity) - typed);
    }
    assert.ok(worst <= 10.2, `the worst waited ${worst} ms`);
    const got = floods.map(({ served }, at) => served.length - (before[at] ?? 0));
    assert.ok(Math.min(...got) >= Math.max(...got) / 3, got.join(' '));
  });

  it('a burst of a customer who took little until now ends after 4 ms, too', () => {
    for (let at = 0; at < 1000; at += 1) new Socket('burst', `menu${at}`).gets(1, 1);
    const took: number[] = [];
    while (sockets.some(({ served }) => served.length === 0)) took.push(turn());
    assert.ok(Math.max(...took) <= 9, `the longest turn took ${Math.max(...took)} ms`);
  });

  it('a customer who is alone never waits for a turn in which nothing is done', () => {
    const flood = new Socket('flood', 'console');
    flood.gets(1_000, 1);
    let empty = 0;
    for (; flood.served.length < 1_000;) {
      if (turn() === 0) empty += 1;
    }
    assert.equal(empty, 0);
    assert.equal(time, 1_000);
  });

  it('a customer who takes little is never held', () => {
    const menu = new Socket('little', 'menu');
    for (let at = 0; at < 200; at += 1) {
      menu.gets(1, 3);
      turn();
      assert.equal(menu.served.length, at + 1);
      assert.ok(menu.isRead);
      time += 50;
    }
  });

  it('a customer who floods no more is served at once again', () => {
    const socket = new Socket('flood', 'console');
    const many = Array.from({ length: 20 }, (_, at) => new Socket(`flood${at}`, 'console'));
    for (const flood of [socket, ...many]) flood.gets(100, 1);
    while (sockets.some(({ arrived }) => arrived.length > 0)) turn();
    turn();
    time += 200;
    socket.gets(2, 0.1);
    const { length } = socket.served;
    turn();
    turn();
    assert.equal(socket.served.length, length + 2);
  });

  it('everything is served once and in its order, whatever comes and goes', () => {
    const event = fc.record({
      socket: fc.nat(7),
      count: fc.integer({ min: 0, max: 20 }),
      milliseconds: fc.constantFrom(0.1, 1, 5, 30),
      turns: fc.nat(5),
      leaves: fc.nat(30).map((one) => one === 0),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        sockets = [];
        checks = [];
        turns = newTurns();
        const open = Array.from({ length: 8 }, (_, at) => new Socket(`customer${at % 3}`, `socket${at}`));
        const gone = new Set<Socket>();
        for (const { socket, count, milliseconds, turns: many, leaves } of events) {
          const one = open[socket];
          if (one === undefined || gone.has(one)) continue;
          one.gets(count, milliseconds);
          for (let at = 0; at < many; at += 1) turn();
          if (!leaves) continue;
          one.place.leave();
          one.arrived.length = 0;
          one.isRead = false;
          gone.add(one);
        }
        const sent = open.map(({ arrived }) => arrived.at(-1)?.number);
        for (let at = 0; at < 20_000 && open.some(({ arrived }) => arrived.length > 0); at += 1) turn();
        for (let at = 0; at < 100; at += 1) turn();
        for (const [at, one] of open.entries()) {
          const numbers = one.served.map(({ piece }) => piece.number);
          assert.deepEqual(
            numbers,
            numbers.map((_, index) => index),
            'each once, in order',
          );
          const last = sent[at];
          if (!gone.has(one) && last !== undefined) assert.equal(numbers.at(-1), last);
          if (!gone.has(one)) assert.ok(one.isRead, 'it is read again');
        }
        for (const one of open) one.place.leave();
        assert.equal(turns.customers, 0);
      }),
      propertyRuns('turns of customers', 100, 5_000),
    );
  });

  it('what waits is served before the end, and forgotten by a socket that is gone', () => {
    const [one, other] = [new Socket('flood', 'one'), new Socket('flood', 'other')];
    const done: string[] = [];
    one.place.now(() => (time += 100));
    for (const [socket, name] of [
      [one, 'first'],
      [one, 'second'],
      [other, 'third'],
    ] as const) {
      const work = (): void => {
        done.push(name);
      };
      assert.ok(!socket.place.now(work));
      socket.place.later(work);
    }
    one.place.finish();
    assert.deepEqual(done, ['first', 'second']);
    other.place.leave();
    other.place.leave();
    for (let at = 0; at < 5; at += 1) turn();
    assert.deepEqual(done, ['first', 'second']);
    assert.ok(!other.isRead, 'nobody reads a socket on that is gone');
  });

  it('what waits runs in the fault scope of its own session', () => {
    const scopes: unknown[] = [];
    const [own, another] = [new FaultScope(() => undefined), new FaultScope(() => undefined)];
    const socket = own.run(() => new Socket('flood', 'one'));
    another.run(() => {
      socket.place.now(() => (time += 100));
      socket.place.later(() => scopes.push(FaultScope.current));
    });
    for (let at = 0; at < 5; at += 1) turn();
    assert.deepEqual(scopes, [own]);
  });

  it('a fault in what waits goes to its own session, and the others go on', async () => {
    const faults: unknown[] = [];
    const scope = new FaultScope((fault) => faults.push(fault));
    const uncaught = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (fault) => FaultScope.take(fault));
    try {
      const socket = scope.run(() => new Socket('flood', 'one'));
      const others = [new Socket('flood', 'two'), new Socket('another', 'three')];
      const done: string[] = [];
      for (const each of [socket, ...others]) each.place.now(() => (time += 100));
      socket.place.later(() => {
        throw new Error('a fault');
      });
      for (const each of others) each.place.later(() => done.push(each.name));
      for (let at = 0; at < 5; at += 1) turn();
      await new Promise(setImmediate);
      assert.deepEqual(done.sort(), ['three', 'two']);
      assert.equal(faults.length, 1);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of uncaught) process.on('uncaughtException', listener);
    }
  });

  it('a fault in the work of one does not stop the others', () => {
    const socket = new Socket('one', 'menu');
    assert.throws(() =>
      socket.place.now(() => {
        throw new Error('a fault');
      }),
    );
    const other = new Socket('other', 'menu');
    other.gets(1, 1);
    turn();
    assert.equal(other.served.length, 1);
  });

  describe('pieces of a command', () => {
    it('wait for their turn, in order, and give what the work gives', async () => {
      const taker = new TurnTaker(turns, 'one');
      const other = new Socket('other', 'menu');
      const done: number[] = [];
      const command = (async (): Promise<void> => {
        for (let piece = 0; piece < 100; piece += 1)
          done.push(
            await taker.take(() => {
              time += 3;
              return piece;
            }),
          );
      })();
      let worst = 0;
      for (let at = 0; at < 500 && done.length < 100; at += 1) {
        const typed = time;
        // The promises of the command go on when the turn is over.
        turn();
        other.gets(1, 0.2);
        turn();
        worst = Math.max(worst, (other.served.at(-1)?.at ?? Infinity) - typed);
        await new Promise(setImmediate);
      }
      await command;
      assert.deepEqual(
        done,
        done.map((_, at) => at),
      );
      assert.ok(worst <= 13, `a key waited ${worst} ms`);
      taker.leave();
      assert.equal(turns.customers, 1);
    });

    it('fail with what the work throws, and what waits is done at the end', async () => {
      const taker = new TurnTaker(turns, 'one');
      const failed = taker.take(() => {
        time += 100;
        throw new Error('broken');
      });
      const waiting = taker.take(() => 'done');
      taker.leave();
      taker.leave();
      await assert.rejects(failed, /broken/);
      assert.equal(await waiting, 'done');
      assert.equal(turns.customers, 0);
    });
  });
});
