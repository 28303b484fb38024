import assert from 'node:assert/strict';
import { openPlainMenu } from '../../menus/plain-menu.js';
import type { Effect, MenuStart, OpenMenu } from '../../menus/port.js';
import { eventually } from '../support/eventually.js';
import { FakeMenuTerminal } from '../support/fake-menu-terminal.js';
import { HOSTILE } from '../support/menu-places.js';
import {
  NOW,
  PROFILES,
  REINSTALLABLE,
  domain,
  domainName,
  imageName,
  logPiece,
  menuKey,
  menuStart,
  offers,
  operation,
  profileName,
  refused,
} from '../support/menu-samples.js';

const HORATIO = domainName('horatio');

interface Opened {
  readonly terminal: FakeMenuTerminal;
  readonly menu: OpenMenu;
  readonly effects: Effect[];
  /** Types a line, and returns the output after it. */
  readonly say: (line: string) => string;
}

describe('plain menu', () => {
  const menus: OpenMenu[] = [];

  function open(start: Partial<MenuStart> = {}, echo = false): Opened {
    const terminal = new FakeMenuTerminal(80, 24, 'dumb');
    const effects: Effect[] = [];
    const menu = openPlainMenu(terminal, menuStart(start), (effect) => effects.push(effect), { echo });
    menus.push(menu);
    return {
      terminal,
      menu,
      effects,
      say: (line) => {
        terminal.take();
        terminal.type(`${line}\n`);
        return terminal.take();
      },
    };
  }

  const one = (some = {}): Partial<MenuStart> => ({
    domains: [domain('horatio', { offers: offers(), ...some })],
  });

  afterEach(() => {
    for (const menu of menus.splice(0)) menu.dispose();
  });

  it('says in words that a state is not known, and leaves out a boot that is not known', () => {
    const { terminal } = open(one({ state: null, profile: null, reachable: false, seenAt: null }));
    const shown = terminal.take();
    assert.match(shown, /^horatio: not known \(no answer\)$/m);
    assert.doesNotMatch(shown, /…/);
  });

  it('says where a server is that no host has shown', () => {
    const unseen = { state: null, profile: null, reachable: false, seenAt: null } as const;
    const shown = (some: object): string => open(one({ ...unseen, ...some })).terminal.take();
    const nowhere = shown({ lack: 'nowhere' });
    assert.match(nowhere, /^horatio: not known \(on no host\)$/m);
    assert.match(nowhere, /^No host has this server now\. Please ask us\.$/m);
    const unheard = shown({ lack: 'unheard' });
    assert.match(unheard, /^horatio: not known \(no answer\)$/m);
    assert.match(unheard, /^No host that answers has this server, and not every host answers\.$/m);
    assert.match(shown({}), /^The host of this server does not answer\.$/m);
  });

  it('chooses another key to leave consoles, and speaks of that one', () => {
    const { say, effects } = open(one());
    assert.match(say('e'), /Ctrl-A and then \. leaves a console from now on\./);
    assert.equal(effects.length, 0);
    say('yes');
    assert.equal(effects[0]?.effect, 'choose-escape');
    const help = say('h');
    assert.match(help, /Ctrl-A and then \. brings you back/);
    assert.doesNotMatch(help, /Ctrl-\]/);
    assert.match(help, /An empty line shows older output, \+ newer\./);
    assert.match(help, /"for 2h" and Enter choose how long it lasts\./);
    assert.doesNotMatch(help, /PgUp|\bUp\b/, 'keys of the full-screen menu');
  });

  it('says that an administrator has a console', () => {
    const { terminal } = open(one({ consoleLocked: true }));
    assert.match(
      terminal.take(),
      /horatio: running, locked, [\s\S]*An administrator of the host has its console open\./,
    );
  });

  it('reads as this, from login to a shut-down', () => {
    const { terminal, menu, say, effects } = open();
    assert.equal(
      terminal.take(),
      [
        'Postern demo, alice',
        'Maintenance on Sunday, 02:00 to 03:00 UTC.',
        '',
        'Your servers',
        '1. horatio: running, boot normal',
        '2. ophelia: off, boot normal',
        's. SSH keys',
        'a. Activity',
        'h. Help',
        'q. Exit',
        'Your choice: ',
      ].join('\n'),
    );
    assert.equal(
      say('1'),
      [
        '',
        'horatio: running, boot normal',
        'since 2025-11-21 04:03 UTC (3 h 12 min)',
        'Memory 512 MiB, VCPUs 2, CPU 3 %',
        '1. Console',
        '2. Start (not now: It is running already.)',
        '3. Shut down',
        '4. Power off',
        '5. Reboot',
        '6. Rescue boot',
        '7. Normal boot (not now: It is booted normally.)',
        '8. Watch console',
        'l. Console log',
        's. SSH keys',
        'a. Activity',
        'h. Help',
        'b. Back',
        'q. Exit',
        'Your choice: ',
      ].join('\n'),
    );
    assert.equal(say('2'), 'It is running already.\nYour choice: ');
    assert.equal(
      say('3'),
      [
        '',
        'Shut down: horatio',
        'horatio is asked to shut down. It stays off until you start it.',
        'Do it? yes or no: ',
      ].join('\n'),
    );
    assert.match(say('no'), /^Nothing was done\.\n/);
    say('3');
    say('yes');
    assert.deepEqual(effects, [{ effect: 'operate', action: 'shutdown', domain: HORATIO, profile: null }]);
    terminal.take();
    menu.tell({ fact: 'accepted', domain: HORATIO, action: 'shutdown' });
    assert.equal(terminal.take(), '\nhoratio: a shut-down is under way.\nYour choice: ');
    const busy = operation('shutdown', { startedAt: NOW, deadlineAt: NOW + 60_000 });
    menu.tell({
      fact: 'domains',
      domains: [domain('horatio', { operation: busy, offers: offers() }), domain('ophelia')],
    });
    assert.equal(
      terminal.take(),
      '\nhoratio: shutting down, 0 s, gives up in 1 min\np. Power off now\nYour choice: ',
    );
    for (let second = 1; second <= 25; second++) menu.tell({ fact: 'tick', now: NOW + second * 1000 });
    assert.equal(
      terminal.take(),
      '\nhoratio: shutting down, 10 s, gives up in 50 s\nYour choice: ' +
        '\nhoratio: shutting down, 20 s, gives up in 40 s\nYour choice: ',
    );
    menu.tell({
      fact: 'domains',
      domains: [domain('horatio', { state: 'off', offers: offers() }), domain('ophelia')],
    });
    menu.tell({ fact: 'ended', domain: HORATIO, operation: { ...busy, phase: 'done' } });
    assert.equal(terminal.take(), '\nhoratio is off.\nYour choice: \nhoratio has shut down.\nYour choice: ');
    assert.equal(say('q'), 'Goodbye.\n');
    assert.deepEqual(effects.at(-1), { effect: 'quit' });
  });

  it('powers off only by the whole name', () => {
    const { say, effects } = open(one());
    assert.match(say('4'), /cuts the power of horatio[^]*Its name, or an empty line not to: $/);
    assert.match(say('HORATIO'), /That is not its name/);
    assert.match(say('y'), /That is not its name/);
    assert.match(say(''), /^Nothing was done\./);
    assert.deepEqual(effects, []);
    say('4');
    say('horatio');
    assert.deepEqual(effects, [{ effect: 'operate', action: 'poweroff', domain: HORATIO, profile: null }]);
  });

  it('rescues with a chosen profile, and goes to the console when it boots', () => {
    const { say, effects, menu } = open(one());
    assert.match(say('6'), /1\. Rescue system \(Debian 12\)\n {3}Disks: [^]*2\. Boot menu/);
    assert.match(say('2'), /Disks: your own system[^]*Its name/);
    say('horatio');
    const profile = profileName('rescue-grub');
    assert.deepEqual(effects, [{ effect: 'operate', action: 'rescue', domain: HORATIO, profile }]);
    menu.tell({ fact: 'accepted', domain: HORATIO, action: 'rescue' });
    const booting = operation('rescue', { step: 'unpausing', profile });
    menu.tell({ fact: 'domains', domains: [domain('horatio', { operation: booting, offers: offers() })] });
    assert.deepEqual(effects.at(-1), { effect: 'console', domain: HORATIO, mode: 'write', boot: true });
  });

  it('reinstalls with a chosen image after what is lost, and says how far it is', () => {
    const { say, effects, menu } = open(one({ ...REINSTALLABLE, offers: offers() }));
    assert.match(
      say('i'),
      /All data on xvda \(10\.0 GiB\) of horatio is lost for ever\.\nDo you only need to repair it\? b, then 6 Rescue boot[^\n]*\nWhich system shall be installed\?\n1\. Debian 13 \(trixie\)\n {3}For a disk of at least 4\.0 GiB\. Your SSH keys may log in to it, where it runs SSH\.\n2\. Debian 12 \(bookworm\) \(not now: You may not/,
    );
    assert.match(say('2'), /You may not install this system here\./);
    assert.match(say('1'), /All data on xvda \(10\.0 GiB\) of horatio is lost for ever\.\n[^]*Its name/);
    assert.match(say('yes'), /That is not its name/);
    assert.deepEqual(effects, []);
    say('horatio');
    const profile = imageName('debian-13');
    assert.deepEqual(effects, [{ effect: 'operate', action: 'reinstall', domain: HORATIO, profile }]);
    menu.tell({ fact: 'accepted', domain: HORATIO, action: 'reinstall' });
    const progress = { done: 300 * 1024 ** 2, total: 2 * 1024 ** 3, secondsLeft: 44 };
    const writing = operation('reinstall', { step: 'writing', profile, deadlineAt: null, progress });
    menu.tell({
      fact: 'domains',
      domains: [domain('horatio', { ...REINSTALLABLE, state: 'off', operation: writing, offers: offers() })],
    });
    assert.match(say(''), /reinstalling: writing its disk, 12 s, 300 MiB of 2\.0 GiB, about 44 s left/);
  });

  it('says that a disk is incomplete', () => {
    const { say } = open(one({ state: 'off', incomplete: imageName('debian-13'), offers: offers() }));
    assert.match(
      say(''),
      /horatio: off, incomplete, boot normal\n[^]*Its disk is incomplete: reinstall it again/,
    );
  });

  it('asks whether a reboot leads to the console, where that is offered', () => {
    const { say, effects } = open(one());
    assert.match(say('5'), /yes or no \(c: yes, and its console\): $/);
    say('c');
    assert.deepEqual(effects, [{ effect: 'operate', action: 'reboot', domain: HORATIO, profile: null }]);
    const none = open(one({ offers: offers({ console: refused('no') }) }));
    assert.match(none.say('5'), /yes or no: $/);
    assert.match(none.say('c'), /Nothing was done/);
    assert.deepEqual(none.effects, []);
  });

  it('knows no choice but those it shows', () => {
    const { say, effects } = open(one());
    for (const line of [
      '0x1',
      '11',
      '-1',
      'ophelia',
      'ophelia console',
      '4 horatio',
      'horatio reboot now',
      'Horatio reboot',
      '/',
      '9999',
      'p',
      '__proto__',
      'constructor',
      '\u202e1',
    ]) {
      assert.match(say(line), /^There is no such choice\./, line);
    }
    assert.deepEqual(effects, []);
  });

  it('chooses among more servers than there are digits', () => {
    const domains = Array.from({ length: 250 }, (_, at) => domain(`server-${at + 1}`));
    assert.match(open({ domains }).say('117'), /\nserver-117: running/);
  });

  it('lists, adds and removes keys', () => {
    const { say, effects, menu, terminal } = open(one());
    assert.match(say('s'), /one moment/);
    menu.tell({ fact: 'keys', keys: [menuKey('A', { inUse: true }), menuKey('B')] });
    assert.match(terminal.take(), /1\. ssh-ed25519 alice@A, in use now\n {3}SHA256:A+\n[^]*a\. Add a key/);
    assert.match(say('1'), /Careful: this is the key you are using[^]*Type remove to do it[^]*not to: $/);
    assert.match(say('yes'), /That is not that word\. Nothing was done\./);
    say('');
    assert.ok(!effects.some(({ effect }) => effect === 'remove-key'));
    say('2');
    say('y');
    assert.deepEqual(effects.at(-2), { effect: 'remove-key', fingerprint: menuKey('B').fingerprint });
    say('a');
    say('ssh-ed25519 AAAA me@new');
    assert.deepEqual(effects.at(-2), { effect: 'add-key', text: 'ssh-ed25519 AAAA me@new' });
  });

  it('throws a private key away, line by line, and echoes none of it', () => {
    const { say, effects, terminal } = open(one(), true);
    say('s');
    say('a');
    for (const line of [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEA',
      '',
      '4',
      'horatio',
      'AAAAC3Nz',
    ]) {
      const answer = say(line);
      assert.ok(line === '' || line === '4' || !answer.includes(line), JSON.stringify(answer));
    }
    assert.match(say('-----END OPENSSH PRIVATE KEY-----'), /SSH keys/);
    assert.ok(!terminal.text.includes('b3Bl'));
    assert.deepEqual(effects, [{ effect: 'list-keys' }]);
  });

  it('shows activity a screen at a time, the newest first, and goes back at the oldest', () => {
    const { say, menu, terminal } = open(one());
    say('a');
    menu.tell({
      fact: 'activity',
      activity: Array.from({ length: 30 }, (_, at) => ({ at: NOW, text: `entry ${at}.` })),
    });
    assert.match(terminal.take(), /times in UTC[^]*entry 29\.\n[^]*older: an empty line/);
    const older = say('');
    assert.match(older, /entry 0\.[^]*back: an empty line: $/);
    assert.doesNotMatch(older, /entry 29\./);
    assert.match(say(''), /horatio: running/);
  });

  it('uses no control but the line end without a pty', () => {
    const { terminal, menu, say } = open(one());
    for (const line of ['h', '', 's', 'b', 'a', 'b', '6', '1', '', '1']) say(line);
    menu.tell({ fact: 'refused', message: 'No.' });
    for (const text of [terminal.text]) assert.doesNotMatch(text, /[^\n\P{Cc}]/u);
    assert.ok(!terminal.text.includes('\r'));
  });

  it('echoes where there is a pty, ends lines with CR LF, and wipes what is corrected', () => {
    const { terminal } = open(one(), true);
    assert.doesNotMatch(terminal.take(), /[^\r]\n/);
    terminal.type('4x');
    assert.equal(terminal.take(), '4x');
    terminal.type('\x7f');
    assert.equal(terminal.take(), '\b \b');
    terminal.type('\x15');
    assert.equal(terminal.take(), '\b \b');
    terminal.type('\x7f');
    assert.equal(terminal.take(), '');
    terminal.type('漢\x7f');
    assert.equal(terminal.take(), '漢\b \b\b \b');
    terminal.type('\x1b[A\x1b[2J\x07');
    assert.equal(terminal.take(), '', 'cursor keys do nothing');
  });

  it('takes the words of commands, and asks as much as for their numbers', () => {
    const [horatio] = menuStart().domains;
    const ophelia = domain('ophelia', { state: 'off', offers: offers() });
    const { say, effects } = open({ domains: [...(horatio === undefined ? [] : [horatio]), ophelia] });
    assert.match(say('horatio poweroff'), /Power off: horatio[^]*Its name/);
    assert.match(say('yes'), /That is not its name/);
    assert.deepEqual(effects, []);
    say('');
    assert.match(say('list'), /Your servers/);
    assert.match(say('horatio stop'), /Do it\? yes or no/);
    say('no');
    say('ophelia start');
    assert.deepEqual(effects, [{ effect: 'operate', action: 'start', domain: 'ophelia', profile: null }]);
    assert.match(say('horatio nonsense'), /There is no such choice/);
    assert.match(say('horatio start'), /It is running already/);
  });

  it('prints a screen where the customer is, and goes on with what was typed', () => {
    const { say, effects, menu, terminal } = open({}, true);
    assert.equal(say('horatio screen\r').split('\r\n').at(-1), 'Your choice: ');
    const printed = { what: 'screen', domain: HORATIO } as const;
    assert.deepEqual(effects, [{ effect: 'print', printed }]);
    terminal.type('hor');
    terminal.take();
    menu.tell({ fact: 'printed', lines: ['login:', '', HOSTILE] });
    const shown = terminal.take();
    assert.match(shown, /^\r\nlogin:\r\n\r\n[^]*\r\nYour choice: hor$/);
    assert.doesNotMatch(shown, /[^\r\n\P{Cc}]/u);
    say('\x15recordings\r');
    assert.deepEqual(effects.at(-1), { effect: 'print', printed: { what: 'recordings' } });
  });

  it('takes lines that were typed ahead one after the other, each when the one before was answered', () => {
    const { say, effects, menu, terminal } = open({}, true);
    say('horatio screen\r');
    assert.equal(say('horatio graph\r').split('\r\n').at(-1), 'Your choice: ');
    say('2\r');
    assert.equal(effects.length, 1);
    menu.tell({ fact: 'printed', lines: ['login:'] });
    assert.match(terminal.take(), /^\r\nlogin:\r\nYour choice: horatio graph\r\nYour choice: $/);
    assert.deepEqual(effects.at(-1), { effect: 'print', printed: { what: 'graph', domain: HORATIO } });
    assert.equal(effects.length, 2);
    menu.tell({ fact: 'printed', lines: ['CPU now 3 %'] });
    assert.match(terminal.take(), /^\r\nCPU now 3 %\r\nYour choice: 2\r\n\r\nophelia: off/);
  });

  it('shows nothing of a private key that is pasted behind a line that waits', () => {
    const { say, menu, terminal } = open({}, true);
    say('s\r');
    menu.tell({ fact: 'keys', keys: [menuKey('A')] });
    terminal.type('horatio screen\ra\r-----BEGIN OPENSSH PRIVATE KEY-----\rb3BlbnNzaC1rZXk\r');
    menu.tell({ fact: 'printed', lines: ['login:'] });
    assert.match(terminal.take(), /login:\r\nYour choice: a\r\n[^]*That was a PRIVATE key/);
    assert.doesNotMatch(terminal.text, /BEGIN|b3Blb/);
  });

  it('leaves at once where there is a terminal, and in its turn where a program speaks', () => {
    const person = open({}, true);
    person.say('horatio screen\r');
    assert.match(person.say('q\r'), /Goodbye/);
    const program = open();
    program.say('horatio screen');
    assert.doesNotMatch(program.say('q'), /Goodbye/);
    program.menu.tell({ fact: 'printed', lines: ['login:'] });
    assert.match(program.terminal.take(), /login:[^]*Goodbye/);
  });

  it('keeps only so many lines that were typed ahead', () => {
    const { say, effects, menu, terminal } = open();
    say('horatio screen');
    for (let line = 0; line < 32; line += 1) assert.doesNotMatch(say('horatio screen'), /Please wait/);
    assert.match(say('horatio graph'), /What you asked for before is not here yet\. Please wait for it\./);
    for (let line = 0; line < 33; line += 1) menu.tell({ fact: 'printed', lines: [`${line}`] });
    assert.equal(effects.length, 33);
    assert.match(terminal.take(), /\n32\n[^]*Your choice: $/);
  });

  it('waits at the end of its input for what is to be printed', () => {
    const { say, menu, terminal, effects } = open();
    say('horatio graph');
    terminal.end();
    assert.ok(!effects.some(({ effect }) => effect === 'quit'));
    menu.tell({ fact: 'printed', lines: ['CPU now 3 %'] });
    assert.match(terminal.take(), /CPU now 3 %[^]*Goodbye/);
    assert.equal(effects.at(-1)?.effect, 'quit');
  });

  it('asks before a word switches a log, and says why one cannot', () => {
    const { say, effects } = open(one());
    assert.match(say('horatio log off'), /Switch the log off: horatio[^]*Do it\?/);
    assert.deepEqual(effects, []);
    say('yes');
    assert.deepEqual(effects, [{ effect: 'log-switch', domain: HORATIO, keep: false }]);
    const other = open(one({ offers: offers({ 'log-switch': refused('No.') }) }));
    assert.match(other.say('log on'), /^No\.$/m);
    assert.deepEqual(other.effects, []);
  });

  it('says where commands are taken that are none of its words', () => {
    const { say, effects } = open(one());
    assert.match(say('log --follow'), /Options such as --json are for commands: ssh NAME@HOST COMMAND/);
    assert.match(say('escape ^T'), /^Ctrl-\] and then \. leaves a console\. e chooses another key here/);
    assert.match(say('menu'), /^This is the menu\.$/m);
    assert.match(say('recording abc'), /Fetch it by command/);
    assert.match(say('nonsense'), /There is no such choice/);
    assert.deepEqual(effects, []);
  });

  it('shows a page that words lead to although its facts are late', () => {
    const { say, effects, menu, terminal } = open();
    const [first, other] = [menuKey('a'), menuKey('b')];
    assert.match(say(`keys remove ${first.fingerprint}`), /SSH keys/);
    assert.deepEqual(effects, [{ effect: 'list-keys' }]);
    menu.tell({ fact: 'keys', keys: [first, other] });
    assert.match(terminal.take(), /alice@a/);
    say('b');
    assert.match(say(`keys remove ${first.fingerprint}`), /Do it\?/);
  });

  describe('at Tab', () => {
    /** What a Tab adds to the screen. */
    const tab = ({ terminal }: Opened, typed: string): string => {
      terminal.type('\x15');
      terminal.take();
      terminal.type(`${typed}\t`);
      return terminal.take();
    };

    it('completes a server, what can be done with it and a profile, without a control character', () => {
      const menu = open({ domains: [domain('horatio', { offers: offers(), profiles: PROFILES })] }, true);
      assert.equal(tab(menu, 'hor'), 'horatio ');
      assert.equal(tab(menu, 'horatio con'), 'horatio console ');
      assert.equal(tab(menu, 'con'), 'console ');
      assert.equal(tab(menu, 'horatio re'), 'horatio re');
      assert.equal(tab(menu, 'horatio rescue res'), 'horatio rescue rescue');
      assert.equal(tab(menu, 'act'), 'activity ');
      assert.equal(tab(menu, 'rescue rescue-'), 'rescue rescue-grub ');
      menu.terminal.type('\r');
      assert.match(menu.terminal.take(), /Its name/);
    });

    it('twice lists what can be typed, in whole lines, and keeps what was typed', () => {
      const menu = open(undefined, true);
      assert.equal(tab(menu, ''), '');
      menu.terminal.type('\t');
      assert.equal(
        menu.terminal.take(),
        '\r\nYou can type: horatio, ophelia, keys, activity, help, quit, list, recordings.\r\nYour choice: ',
      );
      assert.equal(tab(menu, 'horatio s'), 'horatio s');
      menu.terminal.type('\t');
      assert.equal(
        menu.terminal.take(),
        '\r\nYou can type: start, shutdown, status, screen.\r\nYour choice: horatio s',
      );
      assert.equal(tab(menu, 'mal'), 'mal');
      menu.terminal.type('\t');
      assert.equal(menu.terminal.take(), '\r\nNo word here begins so.\r\nYour choice: mal');
    });

    it('lists a hundred names at most, and asks for no names that it has', () => {
      const domains = Array.from({ length: 250 }, (_, at) => domain(`web-${at}`, { offers: offers() }));
      const menu = open({ domains }, true);
      assert.equal(tab(menu, 'w'), 'web-');
      menu.terminal.type('\t');
      const listed = menu.terminal.take();
      assert.match(listed, /web-99, and 150 more\./);
      for (const line of listed.split('\r\n')) assert.ok(line.length < 80, line);
      assert.deepEqual(menu.effects, []);
    });

    it('asks for keys that were not shown yet, and completes them', () => {
      const menu = open(undefined, true);
      assert.equal(tab(menu, 'keys remove '), 'keys remove ');
      assert.deepEqual(menu.effects, [{ effect: 'list-keys' }]);
      menu.menu.tell({ fact: 'keys', keys: [menuKey('a')] });
      assert.equal(menu.terminal.take(), '', 'the page is not shown, so nothing is said');
      menu.terminal.type('\t');
      assert.equal(menu.terminal.take(), `${menuKey('a').fingerprint} `);
    });

    it('says nothing at a question, at a key and without a pty: a name that confirms is typed by hand', () => {
      const menu = open(one(), true);
      menu.terminal.type('4\r');
      assert.equal(tab(menu, 'hor'), 'hor');
      menu.terminal.type('\t\t');
      assert.equal(menu.terminal.take(), '');
      menu.terminal.type('\x15\rs\ra\r');
      assert.equal(tab(menu, 'ssh-'), 'ssh-');
      const piped = open(one());
      piped.terminal.take();
      piped.terminal.type('hor\t\t');
      assert.equal(piped.terminal.take(), '');
      piped.terminal.type('\n');
      assert.match(piped.terminal.take(), /There is no such choice/);
    });
  });

  it('keeps what is being typed when something is said meanwhile', () => {
    const { terminal, menu } = open(one(), true);
    terminal.type('12');
    terminal.take();
    menu.tell({ fact: 'notice', message: 'Maintenance soon.' });
    assert.equal(terminal.take(), '\r\nMaintenance soon.\r\nYour choice: 12');
  });

  it('leaves at the end of input, at Ctrl-D and at Ctrl-C', () => {
    for (const leave of [
      (t: FakeMenuTerminal) => {
        t.end();
      },
      (t: FakeMenuTerminal) => {
        t.type('\x04');
      },
      (t: FakeMenuTerminal) => {
        t.type('\x03');
      },
    ]) {
      for (const before of ['', '1\n', '4\n', 's\na\n']) {
        const { terminal, effects } = open(one(), true);
        terminal.type(before);
        effects.splice(0);
        leave(terminal);
        assert.deepEqual(effects, [{ effect: 'quit' }], before);
      }
    }
  });

  it('takes all that was piped into it, and the answer, before it leaves at the end of input', async () => {
    const { terminal, effects, menu } = open(one());
    terminal.type(`${'nonsense\n'.repeat(60)}3\nyes\n`);
    terminal.end();
    await eventually('the shut-down', () => effects.length > 0);
    assert.deepEqual(effects, [{ effect: 'operate', action: 'shutdown', domain: HORATIO, profile: null }]);
    menu.tell({ fact: 'accepted', domain: HORATIO, action: 'shutdown' });
    await eventually('the end', () => effects.length > 1);
    assert.match(terminal.text, /under way[^]*Goodbye/);
  });

  it('leaves after a console when the input ended meanwhile', () => {
    const { terminal, effects, menu } = open(one());
    terminal.type('1\n');
    menu.suspend();
    terminal.end();
    menu.resume();
    terminal.end();
    assert.deepEqual(effects.at(-1), { effect: 'quit' });
  });

  it('lends the terminal and shows the page again when it is back', () => {
    const { terminal, menu, effects } = open(one());
    terminal.type('1\n');
    assert.deepEqual(effects, [{ effect: 'console', domain: HORATIO, mode: 'write' }]);
    menu.suspend();
    terminal.take();
    menu.tell({ fact: 'domains', domains: [domain('horatio', { state: 'crashed', offers: offers() })] });
    menu.tell({ fact: 'notice', message: 'Something.' });
    assert.deepEqual([terminal.take(), terminal.listening], ['', false]);
    menu.tell({ fact: 'console-left', domain: HORATIO, message: 'You left the console.' });
    menu.resume();
    assert.match(terminal.take(), /You left the console\.[^]*horatio: crashed[^]*Your choice: $/);
    menu.dispose();
    menu.dispose();
    assert.equal(terminal.listening, false);
  });

  it('says with which parameters an installer is booted, and why it cannot be', () => {
    const [profile] = PROFILES;
    if (profile === undefined) assert.fail();
    const parameters = [
      { name: 'suite', title: 'suite', value: 'bookworm', choices: null },
      { name: 'mirror', title: 'mirror', value: null, choices: null },
    ];
    const installer = { ...profile, name: profileName('installer'), title: 'Debian installer', parameters };
    const unset = { ...installer, name: profileName('other'), title: 'Other', refused: 'It is not set up.' };
    const { effects, say } = open(one({ profiles: [installer, unset] }));
    assert.match(say('6'), /1\. Debian installer\n[^]*2\. Other \(not now: It is not set up\.\)/);
    assert.match(say('2'), /^It is not set up\./m);
    assert.match(say('1'), /With suite: bookworm; mirror: not set/);
    say('horatio');
    assert.deepEqual(effects, [
      { effect: 'operate', action: 'rescue', domain: HORATIO, profile: profileName('installer') },
    ]);
  });

  it('lists each way to boot a profile whose values the customer chooses, what is set first', () => {
    const [profile] = PROFILES;
    if (profile === undefined) assert.fail();
    const parameters = [
      { name: 'suite', title: 'suite', value: 'trixie', choices: ['bookworm', 'trixie'] },
      { name: 'kbd', title: 'keyboard', value: null, choices: ['us', 'de'] },
      { name: 'mirror', title: 'mirror', value: 'deb.example.net', choices: null },
    ];
    const installer = { ...profile, name: profileName('installer'), title: 'Debian installer', parameters };
    const { effects, say } = open(one({ profiles: [installer] }));
    const listed = say('6');
    assert.deepEqual(
      listed.split('\n').filter((line) => /^\d/.test(line)),
      [
        '1. Debian installer, suite: trixie, keyboard: us',
        '2. Debian installer, suite: trixie, keyboard: de',
        '3. Debian installer, suite: bookworm, keyboard: us',
        '4. Debian installer, suite: bookworm, keyboard: de',
      ],
    );
    assert.match(say('4'), /With suite: bookworm; keyboard: de; mirror: deb\.example\.net/);
    say('horatio');
    const choice = { suite: 'bookworm', kbd: 'de' };
    assert.deepEqual(effects, [
      { effect: 'operate', action: 'rescue', domain: HORATIO, profile: profileName('installer'), choice },
    ]);
  });

  it('makes hostile text harmless, wherever it comes from', () => {
    const profiles = PROFILES.map((profile) => ({
      ...profile,
      title: HOSTILE,
      disks: HOSTILE,
      hint: HOSTILE,
      parameters: [
        { name: HOSTILE, title: HOSTILE, value: HOSTILE, choices: null },
        { name: 'a', title: HOSTILE, value: null, choices: [HOSTILE] },
      ],
    }));
    const { terminal, menu, say } = open({
      site: HOSTILE,
      motd: [HOSTILE],
      domains: [domain('horatio', { profiles, offers: offers({ start: refused(HOSTILE) }) })],
    });
    for (const line of ['2', '6', '1', '', 'b', 's']) say(line);
    menu.tell({ fact: 'keys', keys: [menuKey('A', { comment: HOSTILE, type: HOSTILE }), menuKey('B')] });
    menu.tell({ fact: 'refused', message: HOSTILE });
    menu.tell({ fact: 'notice', message: HOSTILE });
    assert.doesNotMatch(terminal.text, /[^\n\P{C}]/u);
  });

  it('reads a flood of lines at a measured pace', async () => {
    const { terminal } = open(one());
    terminal.type('nonsense\n'.repeat(2000));
    assert.equal(terminal.listening, false, 'the client is held up');
    await eventually('the flood to be over', () => terminal.listening);
  });

  it('shows a log page by page, the newest first, and what stands in it as text', () => {
    const { terminal, menu, effects, say } = open(one());
    assert.match(say('l'), /one moment/);
    assert.deepEqual(effects.splice(0), [{ effect: 'log', domain: HORATIO, where: { go: 'end' } }]);
    terminal.take();
    const piece = logPiece(0, 99, {}, 60);
    menu.tell({ fact: 'log', domain: HORATIO, where: 'end', piece });
    const first = terminal.take();
    assert.match(
      first,
      /^\n+Boot of 2025-11-21 05:15 UTC, rescue\nline 79\n[^]*\nline 99\nolder: an empty line[^\n]*: $/,
    );
    const older = say('');
    assert.match(older, /line 59\n-- Boot of 2025-11-21 05:15 UTC, rescue --\nline 60\n/);
    assert.doesNotMatch(older, /line 99/);
    assert.match(say('+'), /\nline 99\n/);
    for (let at = 0; at < 4; at += 1) say('');
    assert.match(say(''), /This is where it begins/);
    assert.match(say('nonsense'), /no such choice/);
    assert.doesNotMatch(say('/Gave up'), /no such choice/);
    assert.deepEqual(effects.at(-1), {
      effect: 'log-find',
      domain: HORATIO,
      text: 'Gave up',
      position: 200,
      back: true,
    });
    menu.tell({ fact: 'log-missing', domain: HORATIO, what: 'text' });
    assert.match(terminal.take(), /no more "Gave up"/);
    say('o');
    say('yes');
    assert.deepEqual(effects.at(-1), { effect: 'log-switch', domain: HORATIO, keep: false });
    assert.match(say('b'), /horatio: running/);
    assert.deepEqual(effects.at(-1), { effect: 'log-close' });
  });

  it('waits at the end of input for the log that was asked for', () => {
    const { terminal, menu, effects } = open(one());
    terminal.type('l\n');
    terminal.end();
    assert.ok(!effects.some(({ effect }) => effect === 'quit'));
    menu.tell({ fact: 'log', domain: HORATIO, where: 'end', piece: logPiece(0, 9) });
    assert.match(terminal.take(), /line 9\n/);
    assert.ok(effects.some(({ effect }) => effect === 'quit'));
  });
});
