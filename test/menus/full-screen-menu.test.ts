import assert from 'node:assert/strict';
import { openFullScreenMenu } from '../../menus/full-screen-menu.js';
import type { Effect, MenuStart, OpenMenu } from '../../menus/port.js';
import { eventually } from '../support/eventually.js';
import { FakeMenuTerminal, emulated, screenText } from '../support/fake-menu-terminal.js';
import { NOW, domain, domainName, menuKey, menuStart, offers } from '../support/menu-samples.js';

/** Blessed saves the cursor around everything that it draws; the plain painter never does. */
const BY_BLESSED = '\x1b7';

interface Opened {
  readonly terminal: FakeMenuTerminal;
  readonly menu: OpenMenu;
  readonly effects: Effect[];
}

describe('full-screen menu', () => {
  const menus: OpenMenu[] = [];

  function open(
    start: Partial<MenuStart> = {},
    terminal = new FakeMenuTerminal(),
    perform?: (effect: Effect) => void,
  ): Opened {
    const effects: Effect[] = [];
    const menu = openFullScreenMenu(
      terminal,
      menuStart({ columns: terminal.columns, rows: terminal.rows, ...start }),
      (effect) => {
        effects.push(effect);
        perform?.(effect);
      },
    );
    menus.push(menu);
    return { terminal, menu, effects };
  }

  async function screen(terminal: FakeMenuTerminal): Promise<string> {
    const emulator = await emulated(terminal.columns, terminal.rows, terminal.text);
    const text = screenText(emulator).join('\n');
    emulator.dispose();
    return text;
  }

  afterEach(() => {
    for (const menu of menus.splice(0)) menu.dispose();
  });

  it('paints at once, before dom0 has answered, and without blessed', async () => {
    const { terminal } = open({
      domains: [domain('horatio', { state: null, profile: null, since: null, seenAt: null })],
    });
    assert.match(await screen(terminal), /horatio[^]*…[^]*asking the host/);
    assert.ok(!terminal.text.includes(BY_BLESSED));
  });

  it('paints facts without blessed until the first key, and with it from then on', async () => {
    const { terminal, menu } = open();
    menu.tell({ fact: 'notice', message: 'Good morning.' });
    assert.ok(!terminal.text.includes(BY_BLESSED));
    terminal.type('\x1b[B');
    assert.ok(terminal.text.includes(BY_BLESSED));
    assert.match(await screen(terminal), /▸ 2 ophelia/);
  });

  it('rests without a word, and goes on from the screen that it had', () => {
    for (const begun of [false, true]) {
      const { terminal, menu } = open();
      if (begun) terminal.type('j');
      terminal.take();
      menu.rest();
      menu.rest();
      assert.equal(terminal.take(), '');
      menu.tell({ fact: 'tick', now: NOW + 10 });
      assert.equal(terminal.take(), '', 'what is on the screen is not painted again');
      menu.rest();
      menu.tell({ fact: 'notice', message: 'Good morning.' });
      const news = terminal.take();
      assert.match(news, /Good morning/);
      assert.ok(!news.includes('horatio') && !news.includes(BY_BLESSED), news);
    }
  });

  it('rests on when it is told something: only a key ends a rest', () => {
    const { terminal, menu } = open();
    menu.rest();
    terminal.take();
    // What it was told last is painted from its state, and not from a frame that was kept since.
    for (const message of ['Good morning.', 'Good evening.']) {
      menu.tell({ fact: 'notice', message });
      const news = terminal.take();
      assert.ok(news.includes(message) && !news.includes('horatio') && !news.includes(BY_BLESSED), news);
    }
    terminal.type('j');
    assert.ok(terminal.take().includes(BY_BLESSED));
  });

  it('takes keys after a rest as before it', async () => {
    const { terminal, menu } = open();
    terminal.type('\x1b[B');
    menu.rest();
    terminal.type('\x1b[A');
    assert.match(await screen(terminal), /▸ 1 horatio/);
    menu.rest();
    terminal.type('\x1b[B');
    assert.match(await screen(terminal), /▸ 2 ophelia/);
  });

  it('does not rest while a console has its terminal, nor after its end', () => {
    const { terminal, menu } = open();
    menu.suspend();
    terminal.take();
    menu.rest();
    menu.resume();
    assert.match(terminal.take(), /horatio/);
    menu.dispose();
    terminal.take();
    menu.rest();
    assert.equal(terminal.take(), '');
  });

  it('writes nothing when nothing has changed', () => {
    const { terminal, menu } = open();
    const domains = menuStart().domains;
    for (const begun of [false, true]) {
      if (begun) terminal.type('j');
      terminal.take();
      menu.tell({ fact: 'domains', domains: structuredClone(domains) });
      menu.tell({ fact: 'tick', now: NOW + 10 });
      terminal.type('%');
      assert.equal(terminal.take(), '');
    }
  });

  it('writes only what has changed', () => {
    const { terminal, menu } = open();
    terminal.type('j');
    terminal.take();
    menu.tell({ fact: 'domains', domains: [domain('horatio', { cpuPercent: 7 }), menuStart().domains[1]!] });
    const output = terminal.take();
    assert.ok(output.includes('7') && output.length < 120, JSON.stringify(output));
  });

  it('carries out a choice, with all keys in one piece', () => {
    const { terminal, effects } = open({ domains: [domain('horatio', { offers: offers() })] });
    terminal.type('4horatio\r');
    assert.deepEqual(effects, [
      { effect: 'operate', action: 'poweroff', domain: domainName('horatio'), profile: null },
    ]);
  });

  it('takes pasted text for text', () => {
    const { terminal, effects } = open({ domains: [domain('horatio', { offers: offers() })] });
    terminal.type('\x1b[200~4horatio\rq\x1b[201~');
    assert.deepEqual(effects, []);
    terminal.type('4\x1b[200~horatio\x1b[201~');
    assert.deepEqual(effects, []);
    terminal.type('\r');
    assert.equal(effects.length, 1);
  });

  it('never writes a pasted private key', () => {
    const secret =
      '-----BEGIN OPENSSH PRIVATE KEY-----\rb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9u\r-----END OPENSSH PRIVATE KEY-----\r';
    for (const paste of [`\x1b[200~${secret}\x1b[201~`, secret]) {
      const { terminal, effects } = open();
      terminal.type('s');
      terminal.type('a');
      terminal.type(paste);
      assert.ok(!terminal.text.includes('b3Blb') && !terminal.text.includes('BEGIN'));
      assert.match(terminal.text, /PRIVATE key/);
      assert.deepEqual(
        effects.filter((effect) => effect.effect !== 'list-keys'),
        [],
      );
    }
  });

  it('takes an escape that nothing follows for the key', async () => {
    const { terminal } = open();
    terminal.type('1');
    terminal.type('\x1b');
    await eventually('the list', async () => (await screen(terminal)).includes('SERVER'));
  });

  it('takes a cursor key in pieces for one key', async () => {
    const { terminal } = open();
    for (const piece of ['\x1b', '[', 'B']) terminal.type(piece);
    assert.match(await screen(terminal), /▸ 2 ophelia/);
  });

  it('keeps others going under 32 KiB of ESC, and the client waits', async () => {
    const { terminal } = open();
    terminal.type(Buffer.alloc(32 * 1024, 0x1b));
    assert.equal(terminal.listening, false, 'the client is held up');
    let turns = 0;
    await eventually(
      'the flood to be over',
      () => {
        turns += 1;
        return terminal.listening;
      },
      { everyMs: 1 },
    );
    assert.ok(turns > 25, `others had ${turns} turns`);
    terminal.type('q');
  });

  it('survives any name of a terminal', async () => {
    for (const term of [
      '/dev/zero',
      '../../etc/passwd',
      '',
      'constructor',
      '__proto__',
      'dumb',
      'xterm\x1b[2J',
      'a'.repeat(10_000),
    ]) {
      const { terminal, menu } = open({}, new FakeMenuTerminal(80, 24, term));
      terminal.type('j');
      assert.match(await screen(terminal), /▸ 2 ophelia/, term);
      menu.dispose();
    }
  });

  it('follows the window, and clamps it', async () => {
    const { terminal } = open();
    terminal.type('j');
    for (const [columns, rows] of [
      [40, 12],
      [120, 40],
    ] as const) {
      terminal.resize(columns, rows);
      terminal.take();
      await eventually('a frame', () => terminal.written.length > 0);
      const emulator = await emulated(columns, rows, terminal.text);
      assert.equal(screenText(emulator)[0]?.trimEnd().length, columns - 1);
      emulator.dispose();
    }
    terminal.resize(5000, 5000);
    terminal.take();
    await eventually('a frame', () => terminal.written.length > 0);
    assert.ok(terminal.text.length < 40_000, `${terminal.text.length} bytes`);
  });

  it('paints once for many sizes of a dragged window', async () => {
    const { terminal } = open();
    terminal.take();
    for (let columns = 80; columns < 140; columns++) terminal.resize(columns, 24);
    await eventually('a frame', () => terminal.written.length > 0);
    assert.equal(terminal.written.length, 1);
  });

  it('lends the terminal: nothing is painted and nothing read until it is back', async () => {
    const { terminal, menu, effects } = open({ domains: [domain('horatio', { offers: offers() })] });
    terminal.type('1');
    assert.deepEqual(effects, [{ effect: 'console', domain: domainName('horatio'), mode: 'write' }]);
    menu.suspend();
    assert.equal(terminal.listening, false);
    assert.match(
      terminal.text,
      /\x1b\[\?2004l[^]*\x1b\[\?1049l[^]*\x1b\[\?25h$/,
      'the terminal is put right',
    );
    terminal.take();
    menu.tell({ fact: 'domains', domains: [domain('horatio', { state: 'crashed' })] });
    menu.tell({ fact: 'tick', now: NOW + 5000 });
    terminal.type('2');
    assert.deepEqual([terminal.take(), effects.length], ['', 1]);
    menu.tell({ fact: 'console-left', domain: domainName('horatio'), message: 'You left the console.' });
    menu.resume();
    assert.match(await screen(terminal), /crashed[^]*You left the console\./);
    terminal.take();
    terminal.type('?');
    assert.notEqual(terminal.take(), '');
  });

  it('lends the terminal at once when the house takes it at once, and drops what was typed ahead', () => {
    const menu: { open?: OpenMenu } = {};
    const opened = open(
      { domains: [domain('horatio', { offers: offers() })] },
      new FakeMenuTerminal(),
      (effect) => {
        if (effect.effect === 'console') menu.open?.suspend();
      },
    );
    menu.open = opened.menu;
    opened.terminal.type('14horatio\rq');
    assert.equal(opened.effects.length, 1);
    opened.menu.resume();
    opened.terminal.type('%');
    assert.equal(opened.effects.length, 1);
  });

  it('takes facts that come as the answer to an effect', async () => {
    const menu: { open?: OpenMenu } = {};
    const opened = open({}, new FakeMenuTerminal(), (effect) => {
      if (effect.effect === 'list-keys')
        menu.open?.tell({ fact: 'keys', keys: [menuKey('A', { comment: 'the-only-one' })] });
    });
    menu.open = opened.menu;
    opened.terminal.type('s');
    assert.match(await screen(opened.terminal), /the-only-one/);
  });

  it('puts the terminal right when it is disposed of, once, also while a question is open', () => {
    const { terminal, menu } = open({ domains: [domain('horatio', { offers: offers() })] });
    terminal.type('4hora');
    terminal.take();
    menu.dispose();
    assert.match(terminal.take(), /^\x1b\[\?2004l\x1b\[m[^]*\x1b\[\?1049l\x1b\[\?25h$/);
    menu.dispose();
    menu.tell({ fact: 'notice', message: 'Late.' });
    menu.resume();
    terminal.type('x');
    assert.deepEqual([terminal.take(), terminal.listening], ['', false]);
  });

  it('lets go of a lent terminal without a word', () => {
    const { terminal, menu } = open();
    menu.suspend();
    terminal.take();
    menu.dispose();
    assert.equal(terminal.take(), '');
  });

  it('uses no alternate screen where there is none', () => {
    for (const term of ['vt100', 'linux']) {
      const { terminal, menu } = open({}, new FakeMenuTerminal(80, 24, term));
      terminal.type('j');
      menu.dispose();
      assert.ok(!terminal.text.includes('?1049'), term);
    }
  });

  it('sends no colours to who wants none', () => {
    const { terminal } = open({ preferences: { charset: 'ascii', colour: false } });
    terminal.type('1');
    terminal.type('4');
    assert.doesNotMatch(terminal.text, /\x1b\[[0-9;]*(?:3|4|9|10)[0-9][0-9;]*m/);
    assert.doesNotMatch(terminal.text, /[^\x00-\x7f]/);
  });

  it('draws the keys of one packet once, after the last, and a paste of 256 bytes once, too', () => {
    const domains = Array.from({ length: 40 }, (_, at) => domain(`d${at}`));
    for (const typed of ['\x1b[B'.repeat(39), 'x'.repeat(256), '\x1b[200~abc defg\x1b[201~']) {
      const { terminal } = open({ domains });
      terminal.type('\x1b[B');
      let frames = 0;
      const write = terminal.write.bind(terminal);
      terminal.write = (data: string | Uint8Array) => {
        frames += 1;
        write(data);
      };
      terminal.type(typed);
      assert.ok(frames <= 1, `${frames} frames`);
    }
  });
});
